namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Canonical JSON lines.</summary>
/// <param name="path">The file.</param>
/// <param name="force">Whether a non-empty file may be replaced.</param>
public sealed class JsonLinesOutput(string path, bool force) : IRowOutput
{
    private readonly OutputFile _file = OutputFile.Create(path, force);
    private ConversationWriter? _writer;

    /// <inheritdoc/>
    public string Path => _file.Path;

    /// <inheritdoc/>
    public void Write(Conversation row) => (_writer ??= new ConversationWriter(_file.Stream)).Write(row.Json);

    /// <inheritdoc/>
    public void Commit()
    {
        _writer?.Dispose();
        _file.Commit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer?.Dispose();
        _file.Dispose();
    }
}
