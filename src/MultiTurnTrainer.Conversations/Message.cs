namespace MultiTurnTrainer.Conversations;

/// <summary>One message: a typed view over its canonical JSON, which templates see as it is.</summary>
public sealed class Message
{
    internal Message(JsonView json)
    {
        Json = json;
        RoleName = json.GetString("role") ?? "";
        Role = Roles.Parse(RoleName);
        ToolCalls = json.Get("tool_calls") is { Kind: JsonKind.Array } calls
            ? [.. calls.EnumerateArray().Select(call => new ToolCall(call))]
            : [];
    }

    /// <summary>Who speaks.</summary>
    public Role Role { get; }

    /// <summary>The role as the data spells it.</summary>
    public string RoleName { get; }

    /// <summary>The text: the string, or the text parts joined; null when there is none.</summary>
    public string? Content => TextOf(Json.Get("content"));

    /// <summary>The reasoning, from <c>reasoning_content</c>, <c>reasoning</c> or <c>thinking</c>.</summary>
    public string? ReasoningContent =>
        Json.GetString("reasoning_content") ?? Json.GetString("reasoning") ?? Json.GetString("thinking");

    /// <summary>The calls, in order; empty when there are none.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; }

    /// <summary>For a tool's result, the id of the call it answers.</summary>
    public string? ToolCallId => Json.GetString("tool_call_id");

    /// <summary>The speaker's or the tool's name.</summary>
    public string? Name => Json.GetString("name");

    /// <summary>The canonical object.</summary>
    public JsonView Json { get; }

    /// <summary>The text of a content: a string, or the joined text of its parts; null when there is none.</summary>
    public static string? TextOf(JsonView? content) =>
        content switch
        {
            { Kind: JsonKind.String } text => text.GetString(),
            { Kind: JsonKind.Array } parts => string.Concat(
                parts
                    .EnumerateArray()
                    .Select(part => part.Kind == JsonKind.String ? part.GetString() : part.GetString("text") ?? "")
            ),
            _ => null,
        };
}
