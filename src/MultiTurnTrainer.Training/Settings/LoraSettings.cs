namespace MultiTurnTrainer.Training.Settings;

/// <summary>
/// The adapter: the <c>lora:</c> section of <c>mtt.yaml</c>, names and meaning as in PEFT's LoraConfig. A null leaves
/// the value to the adapter named by <c>--init-adapter</c>, else to what ends the line.
/// </summary>
public sealed record LoraSettings
{
    /// <summary>The rank; 16.</summary>
    [Range(1, 65536)]
    public int? R { get; init; }

    /// <summary>The scale's numerator: the update is multiplied by alpha/r; 32.</summary>
    [Range(0.0, 1e6)]
    public double? LoraAlpha { get; init; }

    /// <summary>Dropout on the adapter's input, drawn per module; 0.</summary>
    [Range(0.0, 0.99)]
    public double? LoraDropout { get; init; }

    /// <summary>Module names, path ends, one regular expression, or <c>all-linear</c>; <c>all-linear</c>.</summary>
    public IReadOnlyList<string>? TargetModules { get; init; }

    /// <summary>Modules left out of the targets; none.</summary>
    public IReadOnlyList<string>? ExcludeModules { get; init; }

    /// <summary>The only layers to change, by number from 0; all.</summary>
    public IReadOnlyList<int>? LayersToTransform { get; init; }

    /// <summary>The list that <see cref="LayersToTransform"/> counts in, such as <c>layers</c>; any.</summary>
    public IReadOnlyList<string>? LayersPattern { get; init; }

    /// <summary>Scale by alpha/sqrt(r); false.</summary>
    public bool? UseRslora { get; init; }

    /// <summary>Weight-decomposed adaptation with a trained magnitude per output; false.</summary>
    public bool? UseDora { get; init; }

    /// <summary>Rank by module path end; none.</summary>
    public IReadOnlyDictionary<string, int>? RankPattern { get; init; }

    /// <summary>Alpha by module path end; none.</summary>
    public IReadOnlyDictionary<string, double>? AlphaPattern { get; init; }

    /// <summary>Modules trained whole beside the adapter; none.</summary>
    public IReadOnlyList<string>? ModulesToSave { get; init; }

    /// <summary>A head tied to the embedding follows what is done to either, and a merge keeps them one; false.</summary>
    public bool? EnsureWeightTying { get; init; }

    /// <summary>First weights of A: <c>true</c> is PEFT's uniform ±1/sqrt(in), <c>gaussian</c> its normal; <c>true</c>.</summary>
    public string? InitLoraWeights { get; init; }
}
