namespace MultiTurnTrainer.Conversations;

/// <summary>One call of an assistant message: a view over its canonical JSON.</summary>
public sealed class ToolCall
{
    internal ToolCall(JsonElement json)
    {
        Json = json;
        JsonElement function =
            json.ValueKind == JsonValueKind.Object && json.TryGetProperty("function", out JsonElement inner)
                ? inner
                : json;
        Id = JsonView.String(json, "id");
        Name = JsonView.String(function, "name") ?? "";
        Arguments = JsonView.Get(function, "arguments");
    }

    /// <summary>The call's id, when it has one.</summary>
    public string? Id { get; }

    /// <summary>The function's name; empty when the data lacks it.</summary>
    public string Name { get; }

    /// <summary>The arguments as the data has them: a JSON string (OpenAI) or an object.</summary>
    public JsonElement? Arguments { get; }

    /// <summary>The call as the template sees it.</summary>
    public JsonElement Json { get; }
}
