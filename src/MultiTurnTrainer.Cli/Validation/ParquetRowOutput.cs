using System.Text.Json;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Conversations.Jsonl;
using MultiTurnTrainer.Conversations.Preparation;
using MultiTurnTrainer.Datasets.Parquet;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli.Validation;

/// <summary>
/// Canonical rows as Parquet. A column needs its type before the first row, so rows are kept as JSON lines beside the output
/// until the last has been seen. <c>tools</c>, <c>tool_calls</c> and <c>metadata</c> are JSON text, for Arrow would give every row
/// the keys of all rows.
/// </summary>
internal sealed class ParquetRowOutput : IRowOutput
{
    private readonly JsonShape _shape = new(
        new HashSet<string>(["tools", "tool_calls", "metadata", "kwargs", "chat_template_kwargs"])
    );
    private readonly FileStream _rows;
    private readonly ConversationWriter _writer;
    private readonly bool _force;

    public ParquetRowOutput(string path, bool force)
    {
        Path = System.IO.Path.GetFullPath(path);
        _force = force;
        Directory.CreateDirectory(System.IO.Path.GetDirectoryName(Path)!);
        _rows = new FileStream(
            $"{Path}.rows-{Environment.ProcessId}",
            FileMode.Create,
            FileAccess.ReadWrite,
            FileShare.Read,
            1 << 16,
            FileOptions.DeleteOnClose
        );
        _writer = new ConversationWriter(_rows);
    }

    public string Path { get; }

    public void Write(JsonElement row)
    {
        _shape.Add(row);
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
            _rows.Flush();
        }
        catch (IOException problem)
        {
            throw OutputFile.Explain(Path, problem);
        }

        using ParquetJsonWriter parquet = ParquetJsonWriter.Create(Path, _shape.ToSchema(), _force);
        if (_writer.Count > 0)
        {
            foreach (Conversation row in ConversationReader.Read(_rows.Name))
            {
                parquet.Write(row.Json);
            }
        }

        parquet.Commit();
    }

    public void Dispose()
    {
        try
        {
            _writer.Dispose();
            _rows.Dispose();
        }
        catch (IOException)
        {
            // A full disk fails the last flush too; the rows are thrown away all the same.
            File.Delete(_rows.Name);
        }
    }
}
