namespace MultiTurnTrainer.Context.Planning;

/// <summary>
/// Estimates where nobody has said which tokenizer a server has: four bytes a token, four tokens a message. What the server
/// counts corrects it.
/// </summary>
public sealed class ByteTokenCounter : ITokenCounter
{
    private const int BytesPerToken = 4;
    private const int PerMessage = 4;

    /// <inheritdoc/>
    public bool IsEstimate => true;

    /// <inheritdoc/>
    public int Frame => 3;

    /// <inheritdoc/>
    public int Count(Message message) =>
        PerMessage + Count(message.Content ?? "") + message.ToolCalls.Sum(call => Count(call.Json.GetRawText()));

    /// <inheritdoc/>
    public int Count(string text) => (Encoding.UTF8.GetByteCount(text) + BytesPerToken - 1) / BytesPerToken;

    /// <inheritdoc/>
    public int CountTools(JsonView tools) => Count(tools.GetRawText());
}
