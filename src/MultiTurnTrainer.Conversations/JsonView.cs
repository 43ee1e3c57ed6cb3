namespace MultiTurnTrainer.Conversations;

/// <summary>Properties of loosely shaped objects; null and absent are the same here.</summary>
internal static class JsonView
{
    public static JsonElement? Get(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object
        && owner.TryGetProperty(name, out JsonElement value)
        && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    public static string? String(JsonElement owner, string name) =>
        Get(owner, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>The text of a content: a string, or the joined text of its parts.</summary>
    public static string? Text(JsonElement? content) =>
        content switch
        {
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            { ValueKind: JsonValueKind.Array } parts => string.Concat(
                parts
                    .EnumerateArray()
                    .Select(part =>
                        part.ValueKind == JsonValueKind.String ? part.GetString() : String(part, "text") ?? ""
                    )
            ),
            _ => null,
        };
}
