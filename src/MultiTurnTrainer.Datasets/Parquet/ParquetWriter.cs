using System.Buffers.Binary;
using MultiTurnTrainer.Datasets.Parquet.Thrift;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>
/// Writes a Parquet file row group by row group: fill <see cref="Columns"/>, call <see cref="EndRowGroup"/>, and
/// <see cref="Finish"/> at the end. Memory holds one row group.
/// </summary>
internal sealed class ParquetWriter
{
    private static ReadOnlySpan<byte> Magic => "PAR1"u8;

    private readonly Stream _output;
    private readonly SchemaNode _root;
    private readonly IReadOnlyList<SchemaNode> _leaves;
    private readonly List<WrittenGroup> _groups = [];
    private long _position;

    public ParquetWriter(Stream output, SchemaNode root, ParquetCompression codec)
    {
        _output = output;
        _root = root;
        _leaves = root.Resolve();
        Columns = [.. _leaves.Select(leaf => new ColumnWriter(leaf, codec))];
        _output.Write(Magic);
        _position = Magic.Length;
    }

    /// <summary>The leaf columns of the row group that is being filled.</summary>
    public IReadOnlyList<ColumnWriter> Columns { get; }

    /// <summary>Writes the columns as a row group and empties them.</summary>
    public void EndRowGroup(long rows) => _groups.Add(new WrittenGroup(rows, [.. Columns.Select(WriteColumn)]));

    /// <summary>
    /// Writes the footer. Columns named in <paramref name="without"/> are left out of the schema: nothing but nulls may
    /// have been added to them.
    /// </summary>
    public void Finish(IReadOnlySet<string>? without = null)
    {
        SchemaNode[] kept = [.. _root.Children.Where(child => without?.Contains(child.Name) != true)];
        int[] leaves = [.. kept.SelectMany(child => Enumerable.Range(child.FirstLeaf, child.LeafCount))];
        ThriftWriter footer = new();
        footer.BeginStruct();
        footer.Int(1, 1);
        WriteSchema(footer, kept);
        footer.Long(3, _groups.Sum(group => group.Rows));
        footer.List(4, ThriftType.Struct, _groups.Count);
        foreach (WrittenGroup group in _groups)
        {
            WriteGroup(footer, group, leaves);
        }

        footer.String(6, $"mtt version {Manifest.ToolVersion}");
        footer.EndStruct();
        _output.Write(footer.Written);
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, footer.Written.Length);
        _output.Write(length);
        _output.Write(Magic);
    }

    private WrittenColumn WriteColumn(ColumnWriter column)
    {
        int entries = column.Entries;
        long start = _position;
        (long uncompressed, long compressed) = column.Finish(_output, out int dictionary);
        _position += compressed;
        return new WrittenColumn(
            entries,
            start,
            dictionary,
            uncompressed,
            compressed,
            column.Compression,
            [.. column.Encodings]
        );
    }

    private void WriteSchema(ThriftWriter footer, SchemaNode[] kept)
    {
        List<(SchemaNode Node, int Children)> nodes = [(_root, kept.Length)];
        foreach (SchemaNode child in kept)
        {
            Collect(child, nodes);
        }

        footer.List(2, ThriftType.Struct, nodes.Count);
        foreach ((SchemaNode node, int children) in nodes)
        {
            footer.BeginStruct();
            if (node.Type is PhysicalType type)
            {
                footer.Int(1, (int)type);
            }

            if (node != _root)
            {
                footer.Int(3, (int)node.Repetition);
            }

            footer.String(4, node.Name);
            if (children > 0)
            {
                footer.Int(5, children);
            }

            WriteMeaning(footer, node.Kind);
            footer.EndStruct();
        }
    }

    private static void Collect(SchemaNode node, List<(SchemaNode Node, int Children)> nodes)
    {
        nodes.Add((node, node.Children.Count));
        foreach (SchemaNode child in node.Children)
        {
            Collect(child, nodes);
        }
    }

    // Both the old converted type and the new logical type: readers look at one or the other.
    private static void WriteMeaning(ThriftWriter footer, LogicalKind kind)
    {
        (int Converted, int Logical)? known = kind switch
        {
            LogicalKind.Text => (0, 1),
            LogicalKind.List => (3, 3),
            LogicalKind.Json => (19, 12),
            _ => null,
        };
        if (known is null)
        {
            return;
        }

        footer.Int(6, known.Value.Converted);
        footer.BeginStruct(10);
        footer.BeginStruct(known.Value.Logical);
        footer.EndStruct();
        footer.EndStruct();
    }

    private void WriteGroup(ThriftWriter footer, WrittenGroup group, int[] leaves)
    {
        footer.BeginStruct();
        footer.List(1, ThriftType.Struct, leaves.Length);
        foreach (int leaf in leaves)
        {
            WriteChunk(footer, _leaves[leaf], group.Columns[leaf]);
        }

        footer.Long(2, leaves.Sum(leaf => group.Columns[leaf].Uncompressed));
        footer.Long(3, group.Rows);
        footer.EndStruct();
    }

    private void WriteChunk(ThriftWriter footer, SchemaNode leaf, WrittenColumn column)
    {
        footer.BeginStruct();
        footer.Long(2, column.Start);
        footer.BeginStruct(3);
        footer.Int(1, (int)leaf.Type!.Value);
        footer.List(2, ThriftType.I32, column.Encodings.Length);
        foreach (ValueEncoding encoding in column.Encodings)
        {
            footer.IntElement((int)encoding);
        }

        string[] path = leaf.Path.Split('.');
        footer.List(3, ThriftType.Binary, path.Length);
        foreach (string name in path)
        {
            footer.StringElement(name);
        }

        footer.Int(4, (int)column.Compression);
        footer.Long(5, column.Entries);
        footer.Long(6, column.Uncompressed);
        footer.Long(7, column.Compressed);
        footer.Long(9, column.Start + column.Dictionary);
        if (column.Dictionary > 0)
        {
            footer.Long(11, column.Start);
        }

        footer.EndStruct();
        footer.EndStruct();
    }

    private sealed record WrittenGroup(long Rows, WrittenColumn[] Columns);

    private sealed record WrittenColumn(
        int Entries,
        long Start,
        int Dictionary,
        long Uncompressed,
        long Compressed,
        ParquetCompression Compression,
        ValueEncoding[] Encodings
    );
}
