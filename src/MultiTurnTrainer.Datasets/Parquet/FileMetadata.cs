namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>A file's footer: schema and where each column chunk lies.</summary>
/// <param name="Root">The schema's root.</param>
/// <param name="Leaves">The leaf columns in order.</param>
/// <param name="RowGroups">The row groups in order.</param>
internal sealed record FileMetadata(
    SchemaNode Root,
    IReadOnlyList<SchemaNode> Leaves,
    IReadOnlyList<RowGroup> RowGroups
)
{
    /// <summary>Rows in the file.</summary>
    public long Rows => RowGroups.Sum(group => group.Rows);
}

/// <summary>Some rows, one chunk per leaf column.</summary>
internal sealed record RowGroup(long Rows, IReadOnlyList<ColumnChunk> Columns);

/// <summary>One leaf column of one row group: pages that lie together.</summary>
/// <param name="Compression">The pages' codec.</param>
/// <param name="Entries">Values and nulls together.</param>
/// <param name="Offset">Where its first page begins.</param>
/// <param name="Length">Bytes of all pages with their headers.</param>
/// <param name="UncompressedLength">The same before compression.</param>
internal sealed record ColumnChunk(
    ParquetCompression Compression,
    long Entries,
    long Offset,
    long Length,
    long UncompressedLength
);
