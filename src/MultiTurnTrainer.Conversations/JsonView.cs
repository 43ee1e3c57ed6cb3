namespace MultiTurnTrainer.Conversations;

/// <summary>Properties of loosely shaped objects; null and absent are the same here.</summary>
public static class JsonView
{
    /// <summary>A property of an object.</summary>
    public static JsonElement? Get(JsonElement owner, string name) =>
        owner.ValueKind == JsonValueKind.Object
        && owner.TryGetProperty(name, out JsonElement value)
        && value.ValueKind != JsonValueKind.Null
            ? value
            : null;

    /// <summary>A property that is a text.</summary>
    public static string? String(JsonElement owner, string name) =>
        Get(owner, name) is { ValueKind: JsonValueKind.String } value ? value.GetString() : null;

    /// <summary>A property as text, whatever it is.</summary>
    public static string? AsText(JsonElement owner, string name) => Get(owner, name)?.ToString();

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

    /// <summary>A value along a path of names.</summary>
    public static JsonElement? Walk(JsonElement? value, IEnumerable<string> path) =>
        path.Aggregate(value, (owner, name) => owner is { } inner ? Get(inner, name) : null);

    /// <summary>A value as null, a truth, a number (double) or a text; what is neither as its JSON.</summary>
    public static object? Plain(JsonElement? value) =>
        value switch
        {
            null or { ValueKind: JsonValueKind.Null or JsonValueKind.Undefined } => null,
            { ValueKind: JsonValueKind.True } => true,
            { ValueKind: JsonValueKind.False } => false,
            { ValueKind: JsonValueKind.Number } number => number.GetDouble(),
            { ValueKind: JsonValueKind.String } text => text.GetString(),
            { } other => other.GetRawText(),
        };

    /// <summary>
    /// A whole value: null, <see cref="bool"/>, <see cref="long"/> or <see cref="double"/>, <see cref="string"/>, a list, or a
    /// dictionary in the order of its names.
    /// </summary>
    public static object? Tree(JsonElement? value) =>
        value switch
        {
            { ValueKind: JsonValueKind.Array } list => list.EnumerateArray().Select(item => Tree(item)).ToList(),
            { ValueKind: JsonValueKind.Object } owner => new OrderedDictionary<string, object?>(
                owner.EnumerateObject().Select(member => KeyValuePair.Create(member.Name, Tree(member.Value)))
            ),
            { ValueKind: JsonValueKind.Number } number when number.TryGetInt64(out long whole) => whole,
            _ => Plain(value),
        };

    /// <summary>The value of a JSON text, as <see cref="Tree(JsonElement?)"/> has it.</summary>
    /// <exception cref="FormatException">It is no JSON.</exception>
    public static object? Tree(string json)
    {
        try
        {
            return Tree(JsonSerializer.Deserialize<JsonElement>(json));
        }
        catch (JsonException problem)
        {
            throw new FormatException(problem.Message, problem);
        }
    }

    /// <summary>How many items a list has; 0 for anything else.</summary>
    public static int Count(JsonElement? value) =>
        value is { ValueKind: JsonValueKind.Array } list ? list.GetArrayLength() : 0;
}
