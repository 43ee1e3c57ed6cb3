namespace MultiTurnTrainer.Audit.Trainers.Swift;

/// <summary>A part of an answer: messages that follow each other are kept apart, since each may say how much it counts.</summary>
/// <param name="Text">The text; null where the data have none.</param>
/// <param name="Loss">The message's <c>loss</c>.</param>
/// <param name="Scale">The message's <c>loss_scale</c>.</param>
internal sealed record SwiftPart(string? Text, bool? Loss, float? Scale);

/// <summary>A message in ms-swift's terms.</summary>
internal sealed class SwiftMessage
{
    /// <summary><c>user</c>, <c>assistant</c> or <c>tool</c>.</summary>
    public required string Role { get; set; }

    /// <summary>The text, in parts where several answers became one; empty where there is none.</summary>
    public List<SwiftPart> Parts { get; init; } = [];

    /// <summary>For results: the pieces that stand in place of a question.</summary>
    public string[]? Pieces { get; init; }

    /// <summary>The whole text.</summary>
    public string Text => string.Concat(Parts.Select(part => part.Text));
}

/// <summary>A conversation in ms-swift's terms.</summary>
internal sealed record SwiftConversation(List<SwiftMessage> Messages, string? System, IReadOnlyList<object> Tools);

/// <summary>Reads rows as ms-swift's preprocessor does: roles by many names, calls and results as messages of their own.</summary>
/// <param name="agent">The agent template; null where there is none.</param>
/// <param name="usesJinja">Whether the model's own template renders the messages.</param>
internal sealed class SwiftMessages(SwiftAgent? agent, bool usesJinja)
{
    private SwiftAgent Agent =>
        agent
        ?? throw new RefusedRowException("the template has no agent template, so ms-swift refuses rows with tools");

    /// <summary>The conversation of a row.</summary>
    /// <exception cref="RefusedRowException">ms-swift refuses it.</exception>
    public SwiftConversation Read(JsonFields row)
    {
        string[] columns = ["messages", "conversation", "conversations"];
        string? column = Array.Find(columns, row.ContainsKey);
        List<JsonFields> source = RowTree.Objects(column is null ? null : row.Get(column), "messages");
        if (source.Count == 0)
        {
            throw new RefusedRowException("it has no messages");
        }

        string? system = row.Text("system") ?? row.Text("system_prompt");
        if (RoleOf(source[0]) == "system")
        {
            system = Content(source[0]);
            source.RemoveAt(0);
        }

        IReadOnlyList<object> tools = Tools(row.Get("tools"));
        List<SwiftMessage> messages = Merged(Standalone([.. Calls(source)]));
        return new SwiftConversation(messages, system, tools);
    }

    private List<object> Tools(object? given)
    {
        if (!RowTree.IsTrue(given))
        {
            return [];
        }

        _ = Agent;
        object? parsed = RowTree.Text(given) is { } text
            ? RowTree.TryParse(text, out object? value)
                ? value
                : null
            : given;
        IEnumerable<object?> list = parsed is List<object?> array ? array : [parsed];
        return
        [
            .. list.Select(tool =>
                    RowTree.Text(tool) is { } written && RowTree.TryParse(written, out object? inner) ? inner : tool
                )
                .Select(tool =>
                    RowTree.WithoutNulls(tool) is JsonFields owner
                        ? owner.ContainsKey("type") || owner.ContainsKey("function")
                            ? owner
                            : new JsonFields { ["type"] = "function", ["function"] = owner }
                        : throw new RefusedRowException("a tool is no object")
                ),
        ];
    }

    /// <summary>Messages with calls as the text of answers.</summary>
    private IEnumerable<SwiftMessage> Calls(List<JsonFields> source)
    {
        List<JsonFields> calls = [];
        (bool? Loss, float? Scale) first = default;
        SwiftMessage Written() =>
            new() { Role = "assistant", Parts = [new SwiftPart(Agent.Calls(calls), first.Loss, first.Scale)] };
        foreach (JsonFields message in source)
        {
            string role = RoleOf(message);
            (bool? Loss, float? Scale) says = Says(message);
            if (role == "assistant" && RowTree.IsTrue(message.Get("tool_calls")))
            {
                if (message.Text("content") is { Length: > 0 } said)
                {
                    if (calls.Count > 0)
                    {
                        yield return Written();
                        calls.Clear();
                    }

                    yield return new SwiftMessage { Role = role, Parts = [new SwiftPart(said, says.Loss, says.Scale)] };
                }

                first = calls.Count == 0 ? says : first;
                calls.AddRange(
                    RowTree
                        .Objects(message.Get("tool_calls"), "tool_calls")
                        .Select(call => call.Get("function") as JsonFields ?? call)
                );
                continue;
            }

            if (role == "tool_call")
            {
                first = calls.Count == 0 ? says : first;
                calls.Add(Call(message));
                continue;
            }

            if (calls.Count > 0)
            {
                yield return Written();
                calls.Clear();
            }

            yield return new SwiftMessage
            {
                Role = role,
                Parts = [new SwiftPart(Content(message), says.Loss, says.Scale)],
            };
        }

        if (calls.Count > 0)
        {
            yield return Written();
        }
    }

    private static JsonFields Call(JsonFields message)
    {
        object? content = message.Get("content") ?? message.Get("value");
        if (RowTree.Text(content) is { } text)
        {
            content = RowTree.TryParse(text, out object? parsed) ? parsed : null;
        }

        return content as JsonFields ?? throw new RefusedRowException("a call is no JSON object");
    }

    /// <summary>Results that no call went before become a part of the question.</summary>
    private List<SwiftMessage> Standalone(List<SwiftMessage> messages)
    {
        for (int i = 0; i < messages.Count && !usesJinja; i++)
        {
            if (messages[i].Role != "tool" || (i > 0 && messages[i - 1].Role is "assistant" or "tool"))
            {
                continue;
            }

            if (i == 0 || messages[i - 1].Role != "user")
            {
                throw new RefusedRowException("a tool's result must follow a call or a question");
            }

            int end = i;
            while (end < messages.Count && messages[end].Role == "tool")
            {
                end++;
            }

            string added = Agent.StandaloneResults([.. messages[i..end].Select(message => message.Text)]);
            messages[i - 1].Parts[0] = messages[i - 1].Parts[0] with { Text = messages[i - 1].Text + added };
            messages.RemoveRange(i, end - i);
            i--;
        }

        return messages;
    }

    /// <summary>One message where several of a role follow each other.</summary>
    private List<SwiftMessage> Merged(List<SwiftMessage> messages)
    {
        int i = 1;
        while (i < messages.Count)
        {
            (SwiftMessage before, SwiftMessage message) = (messages[i - 1], messages[i]);
            if (before.Role == "assistant" && message.Role == "tool" && !usesJinja)
            {
                int end = i;
                while (end < messages.Count && messages[end].Role == "tool")
                {
                    end++;
                }

                string[] pieces = Agent.Results([.. messages[i..end].Select(result => result.Text)]);
                messages.RemoveRange(i, end - i);
                messages.Insert(i, new SwiftMessage { Role = "tool", Pieces = pieces });
                i++;
            }
            else if (
                before.Role == message.Role
                && message.Role is "assistant" or "user"
                && before.Role == message.Role
            )
            {
                Join(before, message);
                messages.RemoveAt(i);
            }
            else
            {
                i++;
            }
        }

        return messages;
    }

    private void Join(SwiftMessage before, SwiftMessage message)
    {
        if (before.Role == "assistant" && !usesJinja)
        {
            before.Parts.AddRange(message.Parts);
            return;
        }

        if (before.Parts.Concat(message.Parts).Any(part => part.Text is null))
        {
            throw new RefusedRowException("a content is null");
        }

        before.Parts[0] = before.Parts[0] with { Text = before.Text + message.Text };
    }

    private static (bool? Loss, float? Scale) Says(JsonFields message) =>
        (
            message.Get("loss") is { } loss ? RowTree.IsTrue(loss) : null,
            message.Get("loss_scale") is JsonView scale
                ? float.Parse(scale.RawUtf8, CultureInfo.InvariantCulture)
                : null
        );

    private static string? Content(JsonFields message) =>
        (message.Get("content") ?? message.Get("value")) switch
        {
            List<object?> parts => string.Concat(
                parts.Select(part =>
                    (part as JsonFields)?.Text("text")
                    ?? throw new RefusedRowException("only parts of text are reproduced")
                )
            ),
            JsonFields value => PythonJson.Dump(value),
            var text => RowTree.Text(text),
        };

    private static string RoleOf(JsonFields message) =>
        (message.Text("role") ?? message.Text("from"))?.Replace('-', '_') switch
        {
            "user" or "human" => "user",
            "assistant" or "gpt" or "bot" => "assistant",
            "system" => "system",
            "tool" or "tool_response" or "function_response" or "observation" or "observations" => "tool",
            "tool_call" or "function_call" => "tool_call",
            var other => throw new RefusedRowException($"the role {other} is not known to ms-swift"),
        };
}
