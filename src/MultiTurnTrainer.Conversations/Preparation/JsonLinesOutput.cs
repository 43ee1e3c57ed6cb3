using System.Text.Json;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Conversations.Preparation;

/// <summary>Canonical JSON lines.</summary>
internal sealed class JsonLinesOutput : IRowOutput
{
    private readonly OutputFile _file;
    private readonly ConversationWriter _writer;

    public JsonLinesOutput(string path, bool force)
    {
        _file = OutputFile.Create(path, force);
        _writer = new ConversationWriter(_file.Stream);
    }

    public string Path => _file.Path;

    public void Write(JsonElement row) => _writer.Write(row);

    public void Commit()
    {
        _writer.Dispose();
        _file.Commit();
    }

    public void Dispose()
    {
        _writer.Dispose();
        _file.Dispose();
    }
}
