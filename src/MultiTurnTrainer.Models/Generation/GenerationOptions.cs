namespace MultiTurnTrainer.Models.Generation;

/// <summary>How to generate.</summary>
public sealed record GenerationOptions
{
    /// <summary>The most tokens to add to a prompt.</summary>
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>The most tokens of a prompt and its answer together; a prompt that reaches it gets an empty answer.</summary>
    public int MaxLength { get; init; } = int.MaxValue;

    /// <summary>Divides the logits before the softmax; 0 takes the likeliest token.</summary>
    public double Temperature { get; init; }

    /// <summary>Keep the likeliest tokens that together reach this probability; 1 keeps all.</summary>
    public double TopP { get; init; } = 1;

    /// <summary>Keep this many of the likeliest tokens; 0 keeps all.</summary>
    public int TopK { get; init; }

    /// <summary>A row's tokens follow from this, its number and its logits.</summary>
    public ulong Seed { get; init; }

    /// <summary>Tokens that end a generation; the one that did is kept.</summary>
    public IReadOnlyCollection<int> StopTokens { get; init; } = [];

    /// <summary>Prompts decoded together.</summary>
    public int BatchSize { get; init; } = 8;
}

/// <summary>Why a generation ended.</summary>
public enum FinishReason
{
    /// <summary>By a stop token.</summary>
    Stop,

    /// <summary>By the limit on new tokens.</summary>
    Length,
}

/// <summary>What was generated for one prompt.</summary>
/// <param name="Ids">The new tokens, a stop token included.</param>
/// <param name="LogProbs">Each token's log-probability under the model's own distribution: temperature 1, nothing cut off.</param>
/// <param name="FinishReason">Why it ended.</param>
public sealed record Completion(int[] Ids, float[] LogProbs, FinishReason FinishReason);

/// <summary>How fast a generation was.</summary>
/// <param name="PromptTokens">Tokens read.</param>
/// <param name="NewTokens">Tokens written.</param>
/// <param name="PrefillTime">Time spent on prompts.</param>
/// <param name="DecodeTime">Time spent on new tokens.</param>
public sealed record GenerationSpeed(long PromptTokens, long NewTokens, TimeSpan PrefillTime, TimeSpan DecodeTime)
{
    /// <summary>Nothing generated yet.</summary>
    public static GenerationSpeed None { get; } = new(0, 0, TimeSpan.Zero, TimeSpan.Zero);

    /// <summary>New tokens per second of decoding, over the whole batch.</summary>
    public double NewTokensPerSecond => DecodeTime > TimeSpan.Zero ? NewTokens / DecodeTime.TotalSeconds : 0;

    /// <summary>Two runs together.</summary>
    public GenerationSpeed Plus(GenerationSpeed other) =>
        new(
            PromptTokens + other.PromptTokens,
            NewTokens + other.NewTokens,
            PrefillTime + other.PrefillTime,
            DecodeTime + other.DecodeTime
        );
}
