namespace MultiTurnTrainer.Audit.Trainers.LlamaFactory;

/// <summary>How a template treats what the general rule leaves open.</summary>
internal enum FactoryKind
{
    /// <summary>As the slots say.</summary>
    Plain,

    /// <summary>The system text stands inside the first question, whatever it is; calls keep their thoughts.</summary>
    SystemInQuestion,

    /// <summary>Answers without a thought get an empty one.</summary>
    Reasoning,
}

/// <summary>
/// One of LLaMA-Factory's own templates: slots that are filled and tokenized one by one. A slot is a text, or
/// <see cref="Bos"/> or <see cref="Eos"/> for a token of the tokenizer.
/// </summary>
internal sealed record FactoryTemplate
{
    /// <summary>The slot of the tokenizer's first token.</summary>
    public const string Bos = "\0bos";

    /// <summary>The slot of the tokenizer's end token.</summary>
    public const string Eos = "\0eos";

    /// <summary>What a slot's content replaces.</summary>
    public const string Content = "{{content}}";

    public FactoryKind Kind { get; init; }

    public string[] User { get; init; } = [Content];

    public string[] Assistant { get; init; } = [Content, Eos];

    /// <summary>Of calls; null is as answers.</summary>
    public string[]? Function { get; init; }

    /// <summary>Of tool results; null is as questions.</summary>
    public string[]? Observation { get; init; }

    public string[] System { get; init; } = [Content];

    public string[] Prefix { get; init; } = [];

    public string DefaultSystem { get; init; } = "";

    public string[] StopWords { get; init; } = [];

    /// <summary>Whether the tokenizer's end token becomes the first stop word.</summary>
    public bool ReplacesEos { get; init; }

    /// <summary>Whether answers end with the first token of the next question, which then carries the label of the end.</summary>
    public bool HasEfficientEos { get; init; }

    /// <summary>How tools and calls are written.</summary>
    public string ToolFormat { get; init; } = "default";

    public (string Open, string Close) Thought { get; init; } = ("<think>\n", "\n</think>\n\n");
}
