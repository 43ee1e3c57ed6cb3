namespace MultiTurnTrainer.Models.Lora;

/// <summary>How the matrices of a new adapter begin.</summary>
public enum LoraInit
{
    /// <summary>A uniform in ±1/√in (Kaiming with a = √5), B zero.</summary>
    Kaiming,

    /// <summary>A normal with standard deviation 1/r, B zero.</summary>
    Gaussian,
}

/// <summary>Which modules an adapter changes and how: the part of PEFT's <c>LoraConfig</c> that has a meaning here.</summary>
public sealed record LoraConfig
{
    /// <summary>The rank.</summary>
    public int Rank { get; init; } = 8;

    /// <summary>The numerator of the scale on B·A.</summary>
    public double Alpha { get; init; } = 8;

    /// <summary>The share of a module's input that is dropped in training.</summary>
    public double Dropout { get; init; }

    /// <summary>Scale alpha/√r instead of alpha/r.</summary>
    public bool UseRsLora { get; init; }

    /// <summary>Weight-decomposed: a trained magnitude for each output row.</summary>
    public bool UseDora { get; init; }

    /// <summary>Names or path endings of target modules; null where <see cref="TargetPattern"/> says it.</summary>
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>A regular expression over whole paths, or <c>all-linear</c>.</summary>
    public string? TargetPattern { get; init; }

    /// <summary>Names or path endings that are no targets.</summary>
    public IReadOnlyList<string> ExcludeModules { get; init; } = [];

    /// <summary>A regular expression over whole paths that are no targets.</summary>
    public string? ExcludePattern { get; init; }

    /// <summary>The only layers to change; null for all.</summary>
    public IReadOnlyList<int>? LayersToTransform { get; init; }

    /// <summary>The names of the list that layer numbers count in, such as <c>layers</c>.</summary>
    public IReadOnlyList<string> LayersPattern { get; init; } = [];

    /// <summary>Ranks for modules whose path ends in a pattern, in order: the first that matches wins.</summary>
    public IReadOnlyList<KeyValuePair<string, int>> RankPattern { get; init; } = [];

    /// <summary>Alphas for modules whose path ends in a pattern, in order: the first that matches wins.</summary>
    public IReadOnlyList<KeyValuePair<string, double>> AlphaPattern { get; init; } = [];

    /// <summary>Endings of paths of modules that are trained whole and saved whole.</summary>
    public IReadOnlyList<string> ModulesToSave { get; init; } = [];

    /// <summary>
    /// Weights that are targets by their own name, such as <c>q_proj.weight</c> (PEFT's <c>target_parameters</c>). A matrix alone
    /// is adapted as its module would be.
    /// </summary>
    public IReadOnlyList<string> TargetParameters { get; init; } = [];

    /// <summary>Whether B carries a bias of its own.</summary>
    public bool LoraBias { get; init; }

    /// <summary>Tokens whose rows of an embedding or head are trained, by the end of the module's path.</summary>
    public IReadOnlyList<KeyValuePair<string, IReadOnlyList<int>>> TrainableTokens { get; init; } = [];

    /// <summary>Whether what is done to an embedding is done to the head tied to it as well.</summary>
    public bool EnsureWeightTying { get; init; }

    /// <summary>How a new adapter begins.</summary>
    public LoraInit Init { get; init; }

    /// <summary>The base model's name or path, as written into the adapter.</summary>
    public string? BaseModel { get; init; }

    /// <summary>The object this was read from: fields without a meaning here are written back as they were.</summary>
    internal JsonObject? Source { get; init; }
}
