namespace MultiTurnTrainer.Inference.Calls;

/// <summary>What was spent.</summary>
/// <param name="Calls">Finished calls.</param>
/// <param name="Requests">Requests sent, retries included.</param>
/// <param name="PromptTokens">Tokens read by models.</param>
/// <param name="CompletionTokens">Tokens written by models.</param>
/// <param name="Money">By the price table; models without a price cost nothing.</param>
public sealed record Spending(long Calls, long Requests, long PromptTokens, long CompletionTokens, double Money)
{
    /// <summary>All tokens.</summary>
    public long Tokens => PromptTokens + CompletionTokens;

    internal static Spending None { get; } = new(0, 0, 0, 0, 0);
}
