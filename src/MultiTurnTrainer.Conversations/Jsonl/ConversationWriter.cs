namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Writes conversations as canonical JSON lines: one object a line, UTF-8, LF.</summary>
/// <param name="stream">Where to write; left open.</param>
public sealed class ConversationWriter(Stream stream) : IDisposable
{
    private readonly Utf8JsonWriter _writer = new(stream, JsonText.Writer);

    /// <summary>Rows written.</summary>
    public long Count { get; private set; }

    /// <summary>Writes one row.</summary>
    public void Write(Conversation conversation) => Write(conversation.Json);

    /// <summary>Writes one row that is canonical already.</summary>
    public void Write(JsonView canonical)
    {
        canonical.WriteTo(_writer);
        _writer.Flush();
        _writer.Reset();
        stream.WriteByte((byte)'\n');
        Count++;
    }

    /// <summary>Writes one canonical row that was made, not read.</summary>
    public void Write(JsonFields canonical)
    {
        JsonText.WriteLine(stream, canonical);
        Count++;
    }

    /// <inheritdoc/>
    public void Dispose() => _writer.Dispose();
}
