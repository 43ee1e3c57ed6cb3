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
    private readonly JsonLinesOutput _rows;
    private readonly bool _force;
    private bool _any;

    public ParquetRowOutput(string path, bool force)
    {
        Path = System.IO.Path.GetFullPath(path);
        _force = force;
        _rows = new JsonLinesOutput($"{Path}.rows", force: true);
    }

    public string Path { get; }

    public void Write(Conversation row)
    {
        _shape.Add(row.Json);
        _rows.Write(row);
        _any = true;
    }

    public void Commit()
    {
        _rows.Commit();
        using ParquetJsonWriter parquet = ParquetJsonWriter.Create(Path, _shape.ToSchema(), _force);
        if (_any)
        {
            foreach (Conversation row in ConversationReader.Read(_rows.Path))
            {
                parquet.Write(row.Json);
            }
        }

        parquet.Commit();
    }

    public void Dispose()
    {
        _rows.Dispose();
        File.Delete(_rows.Path);
    }
}
