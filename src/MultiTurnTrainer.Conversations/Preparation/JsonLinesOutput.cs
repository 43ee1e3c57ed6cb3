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

    public void Write(JsonElement row)
    {
        try
        {
            _writer.Write(row);
        }
        catch (IOException problem)
        {
            throw OutputFile.Explain(Path, problem);
        }
    }

    public void Commit()
    {
        try
        {
            _writer.Dispose();
        }
        catch (IOException problem)
        {
            throw OutputFile.Explain(Path, problem);
        }

        _file.Commit();
    }

    public void Dispose()
    {
        try
        {
            _writer.Dispose();
        }
        catch (IOException)
        {
            // A full disk fails what was not written yet; the file is thrown away all the same.
        }

        _file.Dispose();
    }
}
