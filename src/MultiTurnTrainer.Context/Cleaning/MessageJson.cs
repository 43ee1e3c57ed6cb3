namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>Changed copies of messages; what is not changed stays as it is, byte for byte.</summary>
internal static class MessageJson
{
    /// <summary>A user message of our own.</summary>
    public static JsonElement User(string content) =>
        Element(new JsonObject { ["role"] = "user", ["content"] = content });

    /// <summary>The message with another text; one without a plain text is left alone.</summary>
    public static JsonElement WithText(Message message, string content) => With(message, "content", content);

    /// <summary>An assistant message reduced to its tool calls.</summary>
    public static JsonElement CallsOnly(Message message) =>
        message.Json.TryGetProperty("content", out _) ? With(message, "content", "") : message.Json;

    /// <summary>Neighbouring user messages made one, a blank line between their texts.</summary>
    public static IReadOnlyList<JsonElement> MergeUsers(IReadOnlyList<JsonElement> messages)
    {
        List<JsonElement> merged = [];
        foreach (JsonElement message in messages)
        {
            if (merged.Count > 0 && PlainUser(merged[^1]) is { } before && PlainUser(message) is { } text)
            {
                JsonObject joined = JsonObject.Create(merged[^1])!;
                joined["content"] = $"{before}\n\n{text}";
                merged[^1] = Element(joined);
            }
            else
            {
                merged.Add(message);
            }
        }

        return merged;
    }

    private static string? PlainUser(JsonElement message) =>
        message.GetProperty("role").ValueEquals("user")
        && message.TryGetProperty("content", out JsonElement content)
        && content.ValueKind == JsonValueKind.String
            ? content.GetString()
            : null;

    private static JsonElement With(Message message, string name, string value)
    {
        JsonObject copy = JsonObject.Create(message.Json)!;
        copy[name] = value;
        return Element(copy);
    }

    private static JsonElement Element(JsonObject value) => JsonSerializer.SerializeToElement(value, JsonText.Compact);
}
