namespace MultiTurnTrainer.Conversations;

/// <summary>One call of an assistant message: a view over its canonical JSON.</summary>
public sealed class ToolCall
{
    internal ToolCall(JsonView json)
    {
        Json = json;
        JsonView function =
            json.Kind == JsonKind.Object && json.TryGetProperty("function", out JsonView inner) ? inner : json;
        Id = json.GetString("id");
        Name = function.GetString("name") ?? "";
        Arguments = function.Get("arguments");
    }

    /// <summary>The call's id, when it has one.</summary>
    public string? Id { get; }

    /// <summary>The function's name; empty when the data lacks it.</summary>
    public string Name { get; }

    /// <summary>The arguments as the data has them: a JSON string (OpenAI) or an object.</summary>
    public JsonView? Arguments { get; }

    /// <summary>The call as the template sees it.</summary>
    public JsonView Json { get; }
}
