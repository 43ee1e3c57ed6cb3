using MultiTurnTrainer.Datasets.Parquet.Thrift;

namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>Parses a footer (parquet.thrift, <c>FileMetaData</c>) and checks it against the file's length.</summary>
internal static class FooterReader
{
    private const int MaxDepth = 64;

    // A run of nulls costs almost nothing, but a file that claims more rows than this per byte is made to hang readers.
    private const long MaxRowsPerByte = 10_000;

    public static FileMetadata Read(ReadOnlySpan<byte> footer, long fileLength)
    {
        ThriftReader reader = new(footer);
        List<SchemaElement> elements = [];
        List<RawRowGroup> groups = [];
        int id = 0;
        while (reader.NextField(ref id, out ThriftType type))
        {
            switch (id)
            {
                case 2:
                    int count = reader.ReadListHeader(type, out _);
                    for (int i = 0; i < count; i++)
                    {
                        elements.Add(ReadElement(ref reader));
                    }

                    break;
                case 4:
                    count = reader.ReadListHeader(type, out _);
                    for (int i = 0; i < count; i++)
                    {
                        groups.Add(ReadRowGroup(ref reader));
                    }

                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        int next = 0;
        SchemaNode root = BuildNode(elements, ref next, 0);
        if (next != elements.Count || root.IsLeaf)
        {
            throw new InvalidDataException("the schema is not one tree");
        }

        IReadOnlyList<SchemaNode> leaves = root.Resolve();
        if (leaves.Any(leaf => leaf.MaxDefinition > byte.MaxValue || leaf.MaxRepetition > byte.MaxValue))
        {
            throw new InvalidDataException("the schema is nested too deeply");
        }

        return new FileMetadata(root, leaves, [.. groups.Select(group => Check(group, leaves, fileLength))]);
    }

    private static SchemaElement ReadElement(ref ThriftReader reader)
    {
        SchemaElement element = new();
        int id = 0;
        while (reader.NextField(ref id, out ThriftType type))
        {
            switch (id)
            {
                case 1:
                    element.Type = (PhysicalType)reader.ReadInt(type);
                    break;
                case 2:
                    element.TypeLength = reader.ReadInt(type);
                    break;
                case 3:
                    element.Repetition = (Repetition)reader.ReadInt(type);
                    break;
                case 4:
                    element.Name = reader.ReadString(type);
                    break;
                case 5:
                    element.Children = reader.ReadInt(type);
                    break;
                case 6:
                    element.Kind = FromConverted(reader.ReadInt(type), element.Kind);
                    break;
                case 7:
                    element.Scale = reader.ReadInt(type);
                    break;
                case 10:
                    element.Kind = ReadLogicalType(ref reader, type, element.Kind);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return element;
    }

    private static LogicalKind FromConverted(int converted, LogicalKind kind) =>
        converted switch
        {
            0 or 4 => LogicalKind.Text,
            1 or 2 => LogicalKind.Map,
            3 => LogicalKind.List,
            5 => LogicalKind.Decimal,
            6 => LogicalKind.Date,
            9 => LogicalKind.TimestampMillis,
            10 => LogicalKind.TimestampMicros,
            11 or 12 or 13 or 14 => LogicalKind.Unsigned,
            19 => LogicalKind.Json,
            _ => kind,
        };

    private static LogicalKind ReadLogicalType(ref ThriftReader reader, ThriftType type, LogicalKind kind)
    {
        if (type != ThriftType.Struct)
        {
            throw new InvalidDataException("a logical type is not a struct");
        }

        int id = 0;
        while (reader.NextField(ref id, out ThriftType member))
        {
            switch (id)
            {
                case 8:
                    kind = ReadTimestamp(ref reader);
                    break;
                case 10:
                    kind = ReadInteger(ref reader) ? LogicalKind.None : LogicalKind.Unsigned;
                    break;
                default:
                    reader.Skip(member);
                    kind = id switch
                    {
                        1 or 4 => LogicalKind.Text,
                        2 => LogicalKind.Map,
                        3 => LogicalKind.List,
                        5 => LogicalKind.Decimal,
                        6 => LogicalKind.Date,
                        12 => LogicalKind.Json,
                        14 => LogicalKind.Uuid,
                        15 => LogicalKind.Half,
                        _ => kind,
                    };
                    break;
            }
        }

        return kind;
    }

    private static LogicalKind ReadTimestamp(ref ThriftReader reader)
    {
        LogicalKind kind = LogicalKind.TimestampMillis;
        int id = 0;
        while (reader.NextField(ref id, out ThriftType type))
        {
            if (id != 2 || type != ThriftType.Struct)
            {
                reader.Skip(type);
                continue;
            }

            int unit = 0;
            while (reader.NextField(ref unit, out ThriftType unitType))
            {
                reader.Skip(unitType);
                kind = unit switch
                {
                    2 => LogicalKind.TimestampMicros,
                    3 => LogicalKind.TimestampNanos,
                    _ => LogicalKind.TimestampMillis,
                };
            }
        }

        return kind;
    }

    private static bool ReadInteger(ref ThriftReader reader)
    {
        bool signed = true;
        int id = 0;
        while (reader.NextField(ref id, out ThriftType type))
        {
            if (id == 2)
            {
                signed = reader.ReadBool(type);
            }
            else
            {
                reader.Skip(type);
            }
        }

        return signed;
    }

    private static RawRowGroup ReadRowGroup(ref ThriftReader reader)
    {
        List<ColumnChunk> columns = [];
        long rows = 0;
        int id = 0;
        while (reader.NextField(ref id, out ThriftType type))
        {
            switch (id)
            {
                case 1:
                    int count = reader.ReadListHeader(type, out _);
                    for (int i = 0; i < count; i++)
                    {
                        columns.Add(ReadChunk(ref reader));
                    }

                    break;
                case 3:
                    rows = reader.ReadLong(type);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return new RawRowGroup(rows, columns);
    }

    private static ColumnChunk ReadChunk(ref ThriftReader reader)
    {
        ColumnChunk? chunk = null;
        int id = 0;
        while (reader.NextField(ref id, out ThriftType type))
        {
            switch (id)
            {
                case 1 when reader.ReadString(type).Length > 0:
                    throw new InvalidDataException("a column lies in another file");
                case 1:
                    break;
                case 3 when type == ThriftType.Struct:
                    chunk = ReadChunkMetadata(ref reader);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return chunk ?? throw new InvalidDataException("a column has no metadata (it may be encrypted)");
    }

    private static ColumnChunk ReadChunkMetadata(ref ThriftReader reader)
    {
        ParquetCompression codec = ParquetCompression.None;
        long entries = 0;
        long uncompressed = 0;
        long compressed = 0;
        long data = 0;
        long dictionary = 0;
        int id = 0;
        while (reader.NextField(ref id, out ThriftType type))
        {
            switch (id)
            {
                case 4:
                    codec = (ParquetCompression)reader.ReadInt(type);
                    break;
                case 5:
                    entries = reader.ReadLong(type);
                    break;
                case 6:
                    uncompressed = reader.ReadLong(type);
                    break;
                case 7:
                    compressed = reader.ReadLong(type);
                    break;
                case 9:
                    data = reader.ReadLong(type);
                    break;
                case 11:
                    dictionary = reader.ReadLong(type);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        long offset = dictionary > 0 && dictionary < data ? dictionary : data;
        return new ColumnChunk(codec, entries, offset, compressed, uncompressed);
    }

    private static SchemaNode BuildNode(List<SchemaElement> elements, ref int next, int depth)
    {
        if (next >= elements.Count)
        {
            throw new InvalidDataException("the schema ends too soon");
        }

        if (depth > MaxDepth)
        {
            throw new InvalidDataException("the schema is nested too deeply");
        }

        SchemaElement element = elements[next++];
        bool isLeaf = element.Children == 0 && element.Type is not null;
        if (isLeaf && !Enum.IsDefined(element.Type!.Value))
        {
            throw new InvalidDataException($"column {element.Name} has an unknown type");
        }

        if (!isLeaf && element.Children <= 0)
        {
            throw new InvalidDataException($"group {element.Name} is empty");
        }

        if (!Enum.IsDefined(element.Repetition) || element.TypeLength < 0)
        {
            throw new InvalidDataException($"column {element.Name} is described wrongly");
        }

        List<SchemaNode> children = [];
        for (int i = 0; i < element.Children; i++)
        {
            children.Add(BuildNode(elements, ref next, depth + 1));
        }

        return new SchemaNode
        {
            Name = element.Name,
            Repetition = element.Repetition,
            Type = isLeaf ? element.Type : null,
            TypeLength = element.TypeLength,
            Kind = element.Kind,
            Scale = element.Scale,
            Children = children,
        };
    }

    private static RowGroup Check(RawRowGroup group, IReadOnlyList<SchemaNode> leaves, long fileLength)
    {
        if (group.Columns.Count != leaves.Count)
        {
            throw new InvalidDataException("a row group has another number of columns than the schema");
        }

        long most = MaxRowsPerByte * fileLength;
        if (group.Rows < 0 || group.Rows > most)
        {
            throw new InvalidDataException($"a row group claims {group.Rows} rows, more than the file can hold");
        }

        foreach (ColumnChunk chunk in group.Columns)
        {
            bool inside = chunk.Offset >= 4 && chunk.Length >= 0 && chunk.Length <= fileLength - chunk.Offset;
            if (!inside || chunk.Entries < 0 || chunk.Entries > most)
            {
                throw new InvalidDataException("a column lies outside the file");
            }
        }

        return new RowGroup(group.Rows, group.Columns);
    }

    private sealed record RawRowGroup(long Rows, List<ColumnChunk> Columns);

    private sealed class SchemaElement
    {
        public PhysicalType? Type { get; set; }

        public int TypeLength { get; set; }

        public Repetition Repetition { get; set; }

        public string Name { get; set; } = "";

        public int Children { get; set; }

        public LogicalKind Kind { get; set; }

        public int Scale { get; set; }
    }
}
