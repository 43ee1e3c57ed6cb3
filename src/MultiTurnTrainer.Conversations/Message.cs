namespace MultiTurnTrainer.Conversations;

/// <summary>One message: a typed view over its canonical JSON, which templates see as it is.</summary>
public sealed class Message
{
    internal Message(JsonElement json)
    {
        Json = json;
        RoleName = JsonView.String(json, "role") ?? "";
        Role = Roles.Parse(RoleName);
        ToolCalls = JsonView.Get(json, "tool_calls") is { ValueKind: JsonValueKind.Array } calls
            ? [.. calls.EnumerateArray().Select(call => new ToolCall(call))]
            : [];
    }

    /// <summary>Who speaks.</summary>
    public Role Role { get; }

    /// <summary>The role as the data spells it.</summary>
    public string RoleName { get; }

    /// <summary>The text: the string, or the text parts joined; null when there is none.</summary>
    public string? Content => JsonView.Text(JsonView.Get(Json, "content"));

    /// <summary>The reasoning, from <c>reasoning_content</c>, <c>reasoning</c> or <c>thinking</c>.</summary>
    public string? ReasoningContent =>
        JsonView.String(Json, "reasoning_content")
        ?? JsonView.String(Json, "reasoning")
        ?? JsonView.String(Json, "thinking");

    /// <summary>The calls, in order; empty when there are none.</summary>
    public IReadOnlyList<ToolCall> ToolCalls { get; }

    /// <summary>For a tool's result, the id of the call it answers.</summary>
    public string? ToolCallId => JsonView.String(Json, "tool_call_id");

    /// <summary>The speaker's or the tool's name.</summary>
    public string? Name => JsonView.String(Json, "name");

    /// <summary>The canonical object.</summary>
    public JsonElement Json { get; }
}
