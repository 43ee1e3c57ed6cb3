namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>What a model answered.</summary>
/// <param name="Text">The text, hidden thought included where the model writes it into the text; may be empty.</param>
/// <param name="PromptTokens">Tokens of the prompt.</param>
/// <param name="CompletionTokens">Tokens of the reply.</param>
public sealed record ChatReply(string Text, int PromptTokens, int CompletionTokens)
{
    /// <summary>Why the reply ended, in the server's words: <c>stop</c>, <c>length</c>, <c>content_filter</c>, …</summary>
    public string FinishReason { get; init; } = "stop";

    /// <summary>The model's words of refusal, where the server marks them; then <see cref="Text"/> is not used.</summary>
    public string? Refusal { get; init; }

    /// <summary>The vector of a request that asks for one.</summary>
    public float[]? Vector { get; init; }

    /// <summary>Whether the token counts are our estimate because the server gave none.</summary>
    public bool Estimated { get; init; }
}
