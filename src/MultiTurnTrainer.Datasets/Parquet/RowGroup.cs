namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>Some rows of a file, with a cursor over each column that was asked for.</summary>
internal sealed class RowGroup : IDisposable
{
    private readonly RowGroupReader _reader;

    /// <param name="reader">The group; owned by this object.</param>
    /// <param name="leaves">The leaf columns to open.</param>
    /// <param name="mostRows">Rows that a file of this length can hold.</param>
    public RowGroup(RowGroupReader reader, IReadOnlyList<SchemaNode> leaves, long mostRows)
    {
        _reader = reader;
        Columns = new ColumnCursor[leaves.Count];
        try
        {
            Rows = Bounded(reader.MetaData.NumRows, mostRows);
            for (int i = 0; i < leaves.Count; i++)
            {
                using ColumnChunkMetaData chunk = reader.MetaData.GetColumnChunkMetaData(leaves[i].FirstLeaf);
                Bounded(chunk.NumValues, mostRows);
                Columns[i] = ColumnCursor.Open(leaves[i], reader.Column(leaves[i].FirstLeaf));
            }
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>How many rows there are.</summary>
    public long Rows { get; }

    /// <summary>The columns, in the order in which they were asked for.</summary>
    public ColumnCursor[] Columns { get; }

    /// <summary>Checks that every column ends with the last row.</summary>
    /// <exception cref="InvalidDataException">One goes on.</exception>
    public bool CheckEnd() =>
        Array.TrueForAll(Columns, column => column.IsAtEnd)
            ? true
            : throw new InvalidDataException("a column has more values than rows");

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (ColumnCursor? column in Columns)
        {
            column?.Dispose();
        }

        _reader.Dispose();
    }

    private static long Bounded(long claimed, long most) =>
        claimed >= 0 && claimed <= most
            ? claimed
            : throw new InvalidDataException($"a row group claims {claimed} rows, more than the file can hold");
}
