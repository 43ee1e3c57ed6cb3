namespace MultiTurnTrainer.Context.Policies;

/// <summary>
/// A model writes the summary of what leaves the window. Where it fails, the step that asked for it changes nothing; what must leave all
/// the same is summarised by rule until a later summary covers it.
/// </summary>
public sealed record SummarizePolicy
{
    /// <summary>The model's name on its endpoint, or a local model folder.</summary>
    public string Model { get; init; } = "";

    /// <summary>What it is told; <c>{max_tokens}</c> stands for the length it may have. Empty takes the built-in text.</summary>
    public string Prompt { get; init; } = "";

    /// <summary>What it is told where a step keeps key facts only. Empty takes the built-in text.</summary>
    public string FactsPrompt { get; init; } = "";
}
