namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>
/// Writes JSON objects as Parquet rows after a schema from <see cref="JsonShape"/>. An absent field and a null are the
/// same in Parquet: both are read back as null. Nothing appears at the path before <see cref="Commit"/>.
/// </summary>
public sealed class ParquetJsonWriter : IDisposable
{
    private const int RowsPerGroup = 1 << 14;
    private const int BytesPerGroup = 1 << 25;

    private readonly OutputFile _file;
    private readonly SchemaNode _schema;
    private readonly ParquetOutput _output;
    private readonly ColumnBuffer[] _columns;
    private int _rows;

    private ParquetJsonWriter(OutputFile file, SchemaNode schema)
    {
        _file = file;
        _schema = schema;
        _output = new ParquetOutput(file, schema);
        _columns = [.. schema.Resolve().Select(leaf => new ColumnBuffer(leaf))];
    }

    /// <summary>Begins a file.</summary>
    /// <param name="path">Where it will appear.</param>
    /// <param name="schema">The schema of all rows to come.</param>
    /// <param name="force">Whether a non-empty file may be replaced.</param>
    public static ParquetJsonWriter Create(string path, SchemaNode schema, bool force) =>
        new(OutputFile.Create(path, force), schema);

    /// <summary>Adds a row, which must be an object of the schema's shape.</summary>
    /// <exception cref="MttException">The disk is full.</exception>
    public void Write(JsonView row)
    {
        WriteFields(_schema, row, 0);
        _rows++;
        if (_rows == RowsPerGroup || _columns.Sum(column => (long)column.Bytes) >= BytesPerGroup)
        {
            EndGroup();
        }
    }

    /// <summary>Finishes the file and gives it its name.</summary>
    /// <exception cref="MttException">The disk is full.</exception>
    public void Commit()
    {
        if (_rows > 0)
        {
            EndGroup();
        }

        _output.Finish();
        _file.Commit();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _output.Dispose();
        _file.Dispose();
    }

    private void EndGroup()
    {
        _output.WriteRowGroup(_columns);
        Array.ForEach(_columns, column => column.Clear());
        _rows = 0;
    }

    private void WriteFields(SchemaNode group, JsonView row, int repetition)
    {
        foreach (SchemaNode field in group.Children)
        {
            WriteField(field, row.TryGetProperty(field.Name, out JsonView value) ? value : default, repetition);
        }
    }

    private void WriteField(SchemaNode node, JsonView value, int repetition)
    {
        if (value.Kind is JsonKind.Undefined or JsonKind.Null)
        {
            WriteAbsent(node, repetition, node.MaxDefinition - 1);
        }
        else if (node.IsLeaf)
        {
            WriteLeaf(node, value, repetition);
        }
        else if (node.Kind == LogicalKind.List)
        {
            WriteList(node, value, repetition);
        }
        else
        {
            WriteFields(node, value, repetition);
        }
    }

    private void WriteList(SchemaNode list, JsonView value, int repetition)
    {
        SchemaNode repeated = list.Children[0];
        bool first = true;
        foreach (JsonView item in value.EnumerateArray())
        {
            WriteField(repeated.Children[0], item, first ? repetition : repeated.MaxRepetition);
            first = false;
        }

        if (first)
        {
            WriteAbsent(list, repetition, list.MaxDefinition);
        }
    }

    private void WriteAbsent(SchemaNode node, int repetition, int definition)
    {
        for (int leaf = node.FirstLeaf; leaf < node.FirstLeaf + node.LeafCount; leaf++)
        {
            _columns[leaf].AddNull(repetition, definition);
        }
    }

    private void WriteLeaf(SchemaNode leaf, JsonView value, int repetition)
    {
        ColumnBuffer column = _columns[leaf.FirstLeaf];
        Span<byte> buffer = stackalloc byte[8];
        switch (leaf.Type)
        {
            case PhysicalType.Boolean:
                column.Add(repetition, [value.GetBoolean() ? (byte)1 : (byte)0]);
                break;
            case PhysicalType.Int64:
                BinaryPrimitives.WriteInt64LittleEndian(buffer, value.GetInt64());
                column.Add(repetition, buffer);
                break;
            case PhysicalType.Double:
                BinaryPrimitives.WriteDoubleLittleEndian(buffer, value.GetDouble());
                column.Add(repetition, buffer);
                break;
            default:
                column.Add(
                    repetition,
                    leaf.Kind == LogicalKind.Json ? value.RawUtf8 : Encoding.UTF8.GetBytes(value.GetString()!)
                );
                break;
        }
    }
}
