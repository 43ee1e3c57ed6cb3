namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>
/// Writes a Parquet file row group by row group, with the hint from which HuggingFace's <c>datasets</c> takes its
/// features. The same groups give the same bytes.
/// </summary>
internal sealed class ParquetOutput : IDisposable
{
    // System messages and tools are long and stand in every other row.
    private const long MaxDictionary = 8 << 20;

    private readonly OutputFile _file;
    private readonly ManagedOutputStream _stream;
    private readonly ParquetFileWriter _writer;

    public ParquetOutput(OutputFile file, SchemaNode schema)
    {
        _file = file;
        _stream = new ManagedOutputStream(file.Stream, leaveOpen: true);
        using WriterPropertiesBuilder builder = new();
        builder
            .CreatedBy($"mtt version {Manifest.ToolVersion}")
            .Compression(Compression.Snappy)
            .DisableStatistics()
            .DictionaryPagesizeLimit(MaxDictionary);
        foreach (SchemaNode leaf in schema.Resolve().Where(leaf => !Repeats(leaf)))
        {
            builder.DisableDictionary(leaf.Path);
        }

        using WriterProperties properties = builder.Build();
        using GroupNode root = (GroupNode)SchemaMapping.Write(schema);
        Dictionary<string, string> hints = new() { ["huggingface"] = DatasetFeatures.ToJson(schema) };
        _writer = new ParquetFileWriter(_stream, root, properties, hints);
    }

    /// <summary>Writes a row group: the columns of all leaves, in the schema's order.</summary>
    /// <exception cref="MttException">The disk is full.</exception>
    public void WriteRowGroup(IEnumerable<ColumnBuffer> columns) =>
        Guard(() =>
        {
            using RowGroupWriter group = _writer.AppendRowGroup();
            foreach (ColumnBuffer buffer in columns)
            {
                using ColumnWriter column = group.NextColumn();
                buffer.Write(column);
            }

            group.Close();
        });

    /// <summary>Writes the footer.</summary>
    /// <exception cref="MttException">The disk is full.</exception>
    public void Finish() => Guard(_writer.Close);

    /// <inheritdoc/>
    public void Dispose()
    {
        _writer.Dispose();
        _stream.Dispose();
    }

    // A dictionary of token ids, weights or the rows' names costs as much time as all the rest and saves nothing.
    private static bool Repeats(SchemaNode leaf) =>
        leaf.Type is not (PhysicalType.Int32 or PhysicalType.Float) && leaf.Path != "id";

    // What the file refused comes back through the library as a text.
    private void Guard(Action work)
    {
        try
        {
            work();
        }
        catch (ParquetException problem)
        {
            throw _file.Failure ?? new MttException($"{_file.Path}: {problem.Message}", "Write it again.", problem);
        }
    }
}
