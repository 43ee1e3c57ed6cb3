using MultiTurnTrainer.Datasets.Parquet;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Writes encoded texts to a Parquet file with the columns <c>ids</c> and <c>offsets</c>, a row a text.</summary>
public static class EncodingWriter
{
    private const int TokensPerGroup = 1 << 20;

    /// <summary>Writes all.</summary>
    /// <param name="path">The file.</param>
    /// <param name="force">Whether a non-empty file may be replaced.</param>
    /// <param name="encodings">The texts' encodings; offsets are in code points.</param>
    /// <returns>How many texts and tokens there were.</returns>
    /// <exception cref="MttException">The path is taken or cannot be written, or the disk is full.</exception>
    public static (long Texts, long Tokens) Write(string path, bool force, IEnumerable<TokenizerEncoding> encodings)
    {
        SchemaNode schema = Schema();
        ColumnBuffer[] columns = [.. schema.Resolve().Select(leaf => new ColumnBuffer(leaf))];
        using OutputFile file = OutputFile.Create(path, force);
        using ParquetOutput output = new(file, schema);
        long texts = 0;
        long tokens = 0;
        foreach (TokenizerEncoding encoding in encodings)
        {
            columns[0].AddList(MemoryMarshal.AsBytes(encoding.Ids.AsSpan()));
            columns[1].AddPairs(MemoryMarshal.AsBytes(encoding.Offsets.AsSpan()));
            texts++;
            tokens += encoding.Ids.Length;
            if (columns[0].Bytes >= TokensPerGroup * sizeof(int))
            {
                WriteGroup(output, columns);
            }
        }

        WriteGroup(output, columns);
        output.Finish();
        file.Commit();
        return (texts, tokens);
    }

    private static void WriteGroup(ParquetOutput output, ColumnBuffer[] columns)
    {
        output.WriteRowGroup(columns);
        Array.ForEach(columns, column => column.Clear());
    }

    private static SchemaNode Schema()
    {
        SchemaNode number = new()
        {
            Name = "element",
            Repetition = Repetition.Required,
            Type = PhysicalType.Int32,
        };
        SchemaNode start = new()
        {
            Name = "element",
            Repetition = Repetition.Required,
            Type = PhysicalType.Int32,
        };
        return new SchemaNode
        {
            Name = "schema",
            Repetition = Repetition.Required,
            Children =
            [
                SchemaNode.List("ids", Repetition.Required, number),
                SchemaNode.List("offsets", Repetition.Required, SchemaNode.List("element", Repetition.Required, start)),
            ],
        };
    }
}
