namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>
/// The columns as HuggingFace's <c>datasets</c> writes them in the key <c>huggingface</c> of a Parquet file. The old
/// spelling of lists (<c>Sequence</c>, brackets around structs) is the one that all its versions read.
/// </summary>
internal static class DatasetFeatures
{
    /// <summary>The hint for a schema.</summary>
    public static string ToJson(SchemaNode root)
    {
        JsonObject hint = new() { ["info"] = new JsonObject { ["features"] = Struct(root) } };
        return hint.ToJsonString(JsonText.Compact);
    }

    private static JsonNode Feature(SchemaNode node)
    {
        if (node.Kind != LogicalKind.List)
        {
            return node.IsLeaf ? new JsonObject { ["dtype"] = TypeOf(node), ["_type"] = "Value" } : Struct(node);
        }

        SchemaNode element = node.Children[0].Children[0];
        JsonNode feature = Feature(element);
        return element.IsLeaf || element.Kind == LogicalKind.List
            ? new JsonObject
            {
                ["feature"] = feature,
                ["length"] = -1,
                ["_type"] = "Sequence",
            }
            : new JsonArray(feature);
    }

    private static JsonObject Struct(SchemaNode group) =>
        new(group.Children.Select(child => KeyValuePair.Create(child.Name, (JsonNode?)Feature(child))));

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
