namespace MultiTurnTrainer.Inference.Completions;

/// <summary>Token ids to go on from, as <c>/v1/completions</c> takes them.</summary>
/// <param name="Prompt">The ids.</param>
/// <param name="MaxTokens">The most new tokens.</param>
/// <param name="Seed">The sampling seed.</param>
public sealed record CompletionRequest(int[] Prompt, int MaxTokens, long Seed)
{
    /// <summary>Divides the logits; 0 takes the likeliest token.</summary>
    public double Temperature { get; init; } = 1;

    /// <summary>Nucleus; 1 keeps all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>The number of likeliest tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>Ids that end a reply.</summary>
    public IReadOnlyCollection<int> StopTokens { get; init; } = [];
}

/// <summary>A continuation.</summary>
/// <param name="Ids">The new ids, the stop token included.</param>
/// <param name="Stopped">Whether a stop token ended it; else the limit did.</param>
public sealed record CompletionReply(int[] Ids, bool Stopped);
