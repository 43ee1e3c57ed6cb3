namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>Turns the library's schema into <see cref="SchemaNode"/>s and back.</summary>
internal static class SchemaMapping
{
    /// <summary>Reads a field with all below it; <paramref name="node"/> is disposed.</summary>
    /// <exception cref="InvalidDataException">A group has no fields.</exception>
    public static SchemaNode Read(Node node)
    {
        using Node owned = node;
        using LogicalType meaning = node.LogicalType;
        Node[] fields = (node as GroupNode)?.Fields ?? [];
        if (node is GroupNode && fields.Length == 0)
        {
            throw new InvalidDataException($"group {node.Name} is empty");
        }

        return new SchemaNode
        {
            Name = node.Name,
            Repetition = node.Repetition,
            Type = (node as PrimitiveNode)?.PhysicalType,
            TypeLength = (node as PrimitiveNode)?.TypeLength ?? 0,
            Kind = KindOf(meaning),
            Scale = (meaning as DecimalLogicalType)?.Scale ?? 0,
            Children = [.. fields.Select(Read)],
        };
    }

    /// <summary>Makes a field with all below it; owned by the caller.</summary>
    public static Node Write(SchemaNode node)
    {
        using LogicalType meaning = node.Kind switch
        {
            LogicalKind.Text => LogicalType.String(),
            LogicalKind.Json => LogicalType.Json(),
            LogicalKind.List => LogicalType.List(),
            _ => LogicalType.None(),
        };
        if (node.Type is { } type)
        {
            return new PrimitiveNode(node.Name, node.Repetition, meaning, type);
        }

        Node[] fields = [.. node.Children.Select(Write)];
        try
        {
            return new GroupNode(node.Name, node.Repetition, fields, node.Kind == LogicalKind.None ? null : meaning);
        }
        finally
        {
            Array.ForEach(fields, field => field.Dispose());
        }
    }

    private static LogicalKind KindOf(LogicalType meaning) =>
        meaning switch
        {
            StringLogicalType or EnumLogicalType => LogicalKind.Text,
            JsonLogicalType => LogicalKind.Json,
            ListLogicalType => LogicalKind.List,
            MapLogicalType => LogicalKind.Map,
            IntLogicalType { IsSigned: false } => LogicalKind.Unsigned,
            DecimalLogicalType => LogicalKind.Decimal,
            DateLogicalType => LogicalKind.Date,
            TimestampLogicalType { TimeUnit: TimeUnit.Millis } => LogicalKind.TimestampMillis,
            TimestampLogicalType { TimeUnit: TimeUnit.Micros } => LogicalKind.TimestampMicros,
            TimestampLogicalType => LogicalKind.TimestampNanos,
            UuidLogicalType => LogicalKind.Uuid,
            Float16LogicalType => LogicalKind.Half,
            _ => LogicalKind.None,
        };
}
