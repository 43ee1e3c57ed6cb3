namespace MultiTurnTrainer.Inference.Settings;

/// <summary>
/// The <c>artefacts:</c> section of <c>mtt.yaml</c>: where what a context policy asks of models is kept and who makes it. The budget counts
/// what all artefacts of the file have cost, whichever run made them.
/// </summary>
public sealed record ArtefactSettings : RunSettings
{
    /// <summary>The file they are kept in; null for <c>artefacts.jsonl</c> in the output folder of <c>mtt prepare</c>.</summary>
    public string? File { get; init; }

    /// <summary>The most new tokens of one reply, hidden thought included.</summary>
    [Range(1, 1_000_000)]
    public int MaxTokens { get; init; } = 2048;
}
