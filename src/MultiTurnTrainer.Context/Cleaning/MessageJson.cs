namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>Changed copies of messages; what is not changed stays as it is, byte for byte.</summary>
internal static class MessageJson
{
    /// <summary>A user message of our own.</summary>
    public static JsonView User(string content) =>
        JsonText.ToView(new JsonFields { ["role"] = "user", ["content"] = content });

    /// <summary>The message with another text; one without a plain text is left alone.</summary>
    public static JsonView WithText(Message message, string content) => With(message.Json, content);

    /// <summary>An assistant message reduced to its tool calls.</summary>
    public static JsonView CallsOnly(Message message) =>
        message.Json.TryGetProperty("content", out _) ? With(message.Json, "") : message.Json;

    /// <summary>Neighbouring user messages made one, a blank line between their texts.</summary>
    public static IReadOnlyList<JsonView> MergeUsers(IReadOnlyList<JsonView> messages)
    {
        List<JsonView> merged = [];
        foreach (JsonView message in messages)
        {
            if (merged.Count > 0 && PlainUser(merged[^1]) is { } before && PlainUser(message) is { } text)
            {
                merged[^1] = With(merged[^1], $"{before}\n\n{text}");
            }
            else
            {
                merged.Add(message);
            }
        }

        return merged;
    }

    private static string? PlainUser(JsonView message) =>
        message.GetString("role") == "user"
        && message.TryGetProperty("content", out JsonView content)
        && content.Kind == JsonKind.String
            ? content.GetString()
            : null;

    private static JsonView With(JsonView message, string content) =>
        JsonText.ToView(new JsonFields(message) { ["content"] = content });
}
