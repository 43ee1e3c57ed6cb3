namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>
/// The columns as HuggingFace's <c>datasets</c> writes them in the key <c>huggingface</c> of a Parquet file. The old
/// spelling of lists (<c>Sequence</c>, brackets around structs) is the one that all its versions read.
/// </summary>
internal static class DatasetFeatures
{
    /// <summary>The hint for a schema.</summary>
    public static string ToJson(SchemaNode root) =>
        JsonText.Line(new JsonFields { ["info"] = new JsonFields { ["features"] = Struct(root) } });

    private static object Feature(SchemaNode node)
    {
        if (node.Kind != LogicalKind.List)
        {
            return node.IsLeaf ? new JsonFields { ["dtype"] = TypeOf(node), ["_type"] = "Value" } : Struct(node);
        }

        SchemaNode element = node.Children[0].Children[0];
        object feature = Feature(element);
        return element.IsLeaf || element.Kind == LogicalKind.List
            ? new JsonFields
            {
                ["feature"] = feature,
                ["length"] = -1,
                ["_type"] = "Sequence",
            }
            : new List<object?> { feature };
    }

    private static JsonFields Struct(SchemaNode group)
    {
        JsonFields features = [];
        foreach (SchemaNode child in group.Children)
        {
            features.Add(child.Name, Feature(child));
        }

        return features;
    }

    private static string TypeOf(SchemaNode leaf) =>
        leaf.Type switch
        {
            PhysicalType.Boolean => "bool",
            PhysicalType.Int32 => "int32",
            PhysicalType.Int64 => "int64",
            PhysicalType.Float => "float32",
            PhysicalType.Double => "float64",
            _ => "string",
        };
}
