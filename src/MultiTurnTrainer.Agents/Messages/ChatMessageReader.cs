namespace MultiTurnTrainer.Agents.Messages;

/// <summary>Canonical messages as messages of an agent.</summary>
internal static class ChatMessageReader
{
    /// <summary>The agent's message of a canonical one.</summary>
    public static ChatMessage Read(JsonView json)
    {
        string role = json.GetString("role") ?? "";
        string text = Message.TextOf(json.Get("content")) ?? "";
        if (role == "tool")
        {
            return new ChatMessage(
                ChatRole.Tool,
                [new FunctionResultContent(json.GetString("tool_call_id") ?? "", text)]
            );
        }

        List<AIContent> contents = [];
        if (json.GetString("reasoning_content") is { Length: > 0 } reasoning)
        {
            contents.Add(new TextReasoningContent(reasoning));
        }

        if (text.Length > 0)
        {
            contents.Add(new TextContent(text));
        }

        if (json.Get("tool_calls") is { Kind: JsonKind.Array } calls)
        {
            contents.AddRange(calls.EnumerateArray().Select(Call));
        }

        return new ChatMessage(new ChatRole(role), contents) { AuthorName = json.GetString("name") };
    }

    private static FunctionCallContent Call(JsonView json)
    {
        JsonView function = json.Get("function") ?? json;
        string arguments = function.Get("arguments") switch
        {
            { Kind: JsonKind.String } text => text.GetString()!,
            { } value => value.GetRawText(),
            null => "{}",
        };
        return FunctionCallContent.CreateFromParsedArguments(
            arguments,
            json.GetString("id") ?? "",
            function.GetString("name") ?? "",
            static text => JsonSerializer.Deserialize<Dictionary<string, object?>>(text)
        );
    }
}
