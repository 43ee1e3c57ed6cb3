namespace MultiTurnTrainer.Agents.Messages;

/// <summary>One canonical message, and the contents of the agent's message that it stands for.</summary>
/// <param name="Source">The agent's message.</param>
/// <param name="Contents">Those of its contents that are in it.</param>
/// <param name="Json">The canonical message.</param>
internal sealed record ChatPart(ChatMessage Source, IReadOnlyList<AIContent> Contents, JsonFields Json)
{
    /// <summary>The canonical messages of one of the agent's: one, or one for each result of a call.</summary>
    public static IEnumerable<ChatPart> Of(ChatMessage message)
    {
        FunctionResultContent[] results = [.. message.Contents.OfType<FunctionResultContent>()];
        if (results.Length == 0)
        {
            return [new ChatPart(message, [.. message.Contents], Plain(message))];
        }

        List<ChatPart> parts = [.. results.Select(result => new ChatPart(message, [result], Result(result)))];
        AIContent[] others = [.. message.Contents.Where(content => content is not FunctionResultContent)];
        if (others.Length > 0)
        {
            // What stands beside results, such as a remark, goes with the last of them.
            parts[^1] = parts[^1] with
            {
                Contents = [.. parts[^1].Contents, .. others],
            };
        }

        return parts;
    }

    /// <summary>The contents as a prompt has them.</summary>
    public IEnumerable<AIContent> Shape(PromptMessage message)
    {
        if (message.Content is { } text)
        {
            return [Replaced(text)];
        }

        if (message.Head is not { } head)
        {
            return Contents;
        }

        return Contents is [TextContent first, ..]
            ? [new TextContent($"{head}\n\n{first.Text}"), .. Contents.Skip(1)]
            : [new TextContent($"{head}\n\n"), .. Contents];
    }

    private AIContent Replaced(string text) =>
        Contents is [FunctionResultContent result, ..]
            ? new FunctionResultContent(result.CallId, text)
            {
                Exception = result.Exception,
                AdditionalProperties = result.AdditionalProperties,
            }
            : new TextContent(text);

    private static JsonFields Plain(ChatMessage message)
    {
        JsonFields json = new() { ["role"] = message.Role.Value };
        json["content"] = Content(message);
        string reasoning = string.Concat(
            message.Contents.OfType<TextReasoningContent>().Select(content => content.Text)
        );
        json.AddPresent("reasoning_content", reasoning.Length == 0 ? null : reasoning);
        json.AddPresent("name", message.AuthorName);
        JsonFields[] calls = [.. message.Contents.OfType<FunctionCallContent>().Select(Call)];
        return json.AddPresent("tool_calls", calls.Length == 0 ? null : calls);
    }

    // Texts alone are one text; beside anything else each is a part.
    private static object? Content(ChatMessage message)
    {
        object[] parts = [.. message.Contents.Select(PartOf).OfType<object>()];
        return parts.Length == 0 ? (message.Role == ChatRole.Assistant ? null : "")
            : Array.TrueForAll(parts, part => part is string) ? string.Concat(parts)
            : parts.Select(part => part is string text ? new JsonFields { ["type"] = "text", ["text"] = text } : part);
    }

    private static object? PartOf(AIContent content) =>
        content switch
        {
            TextContent text => text.Text,
            UriContent media => Media(media.MediaType),
            DataContent media => Media(media.MediaType),
            _ => null,
        };

    // Its bytes cost tokens that only the model's server can count.
    private static JsonFields Media(string type) =>
        new() { ["type"] = type.StartsWith("image/", StringComparison.Ordinal) ? "image" : "file" };

    private static JsonFields Call(FunctionCallContent call) =>
        new()
        {
            ["id"] = call.CallId,
            ["type"] = "function",
            ["function"] = new JsonFields
            {
                ["name"] = call.Name,
                ["arguments"] = JsonText.Line(call.Arguments ?? new Dictionary<string, object?>()),
            },
        };

    private static JsonFields Result(FunctionResultContent result) =>
        new()
        {
            ["role"] = "tool",
            ["tool_call_id"] = result.CallId,
            ["content"] = result.Result switch
            {
                null => "",
                string text => text,
                JsonElement { ValueKind: JsonValueKind.String } text => text.GetString(),
                { } value => JsonText.Line(value),
            },
        };
}
