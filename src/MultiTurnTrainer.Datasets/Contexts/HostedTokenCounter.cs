namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>
/// Estimates for hosted models, whose template nobody knows: their encoding, and the tokens that the provider adds to each
/// message and to each prompt. What the server's <c>usage</c> says corrects them. Not for several threads.
/// </summary>
/// <param name="tokenizer">The encoding, such as <c>o200k_base.tiktoken</c>.</param>
/// <param name="perMessage">Tokens around a message: role and separators.</param>
/// <param name="perPrompt">Tokens that open the answer.</param>
public sealed class HostedTokenCounter(Tokenizer tokenizer, int perMessage = 4, int perPrompt = 3) : ITokenCounter
{
    private readonly IdBuffer _ids = new();

    /// <inheritdoc/>
    public bool IsEstimate => true;

    /// <inheritdoc/>
    public int Frame => perPrompt;

    /// <inheritdoc/>
    public int Count(Message message)
    {
        int tokens = perMessage + Count(message.Content ?? "");
        foreach (ToolCall call in message.ToolCalls)
        {
            tokens += Count(call.Json.GetRawText());
        }

        return tokens;
    }

    /// <inheritdoc/>
    public int Count(string text)
    {
        _ids.Clear();
        tokenizer.EncodeIds(Encoding.UTF8.GetBytes(text), _ids);
        return _ids.Count;
    }

    /// <inheritdoc/>
    public int CountTools(JsonView tools) => Count(tools.GetRawText());
}
