namespace MultiTurnTrainer.Audit.Trainers.LlamaFactory;

/// <summary>Who speaks, in LLaMA-Factory's terms.</summary>
internal enum FactoryRole
{
    /// <summary>The user.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,

    /// <summary>A tool's result.</summary>
    Observation,

    /// <summary>A call.</summary>
    Function,
}

/// <summary>A message in LLaMA-Factory's terms.</summary>
internal sealed record FactoryMessage(FactoryRole Role, string Content);

/// <summary>A conversation in LLaMA-Factory's terms: questions and answers in turn.</summary>
internal sealed record FactoryConversation(List<FactoryMessage> Messages, string System, string Tools);

/// <summary>Converts rows as LLaMA-Factory's converters do.</summary>
internal sealed class LlamaFactoryMessages(LlamaFactoryColumns columns)
{
    private const string ThinkingOff = "detailed thinking off";

    /// <summary>The conversation of a row.</summary>
    /// <exception cref="RefusedRowException">LLaMA-Factory skips it, or stops at it.</exception>
    public FactoryConversation Read(JsonFields row)
    {
        FactoryConversation read = columns.Formatting switch
        {
            "sharegpt" => ShareGpt(row),
            "openai" => OpenAi(row),
            _ => Alpaca(row),
        };
        for (int i = 0; i < read.Messages.Count; i++)
        {
            bool isAnswer = read.Messages[i].Role is FactoryRole.Assistant or FactoryRole.Function;
            if (isAnswer != (i % 2 == 1))
            {
                throw new RefusedRowException("its roles do not alternate: LLaMA-Factory skips it");
            }
        }

        return read.Messages.Count > 0 && read.Messages.Count % 2 == 0
            ? read
            : throw new RefusedRowException("it does not end with an answer: LLaMA-Factory skips it");
    }

    private FactoryConversation Alpaca(JsonFields row)
    {
        List<FactoryMessage> messages = [];
        foreach (List<object?> turn in (Column(row, "history") as List<object?>)?.OfType<List<object?>>() ?? [])
        {
            messages.Add(new FactoryMessage(FactoryRole.User, RowTree.Text(turn[0]) ?? ""));
            messages.Add(new FactoryMessage(FactoryRole.Assistant, RowTree.Text(turn[1]) ?? ""));
        }

        string[] asked =
        [
            .. new[] { "prompt", "query" }
                .Select(name => RowTree.Text(Column(row, name)) ?? "")
                .Where(text => text.Length > 0),
        ];
        messages.Add(new FactoryMessage(FactoryRole.User, string.Join('\n', asked)));
        if (RowTree.Text(Column(row, "response")) is { } answer)
        {
            messages.Add(new FactoryMessage(FactoryRole.Assistant, answer));
        }

        return new FactoryConversation(messages, System(row), Tools(row));
    }

    private FactoryConversation ShareGpt(JsonFields row)
    {
        List<JsonFields> turns = RowTree.Objects(Column(row, "messages"), "messages");
        string system = TakeSystem(turns) ?? System(row);
        return new FactoryConversation(
            [.. turns.Select(turn => new FactoryMessage(RoleOf(turn), turn.RequireText(Tag("content_tag"))))],
            system,
            Tools(row)
        );
    }

    private FactoryConversation OpenAi(JsonFields row)
    {
        List<JsonFields> turns = RowTree.Objects(Column(row, "messages"), "messages");
        string system = TakeSystem(turns) ?? System(row);
        List<FactoryMessage> messages = [];
        List<string> results = [];
        foreach (JsonFields turn in turns)
        {
            FactoryRole role = RoleOf(turn);
            bool isCall =
                role is FactoryRole.Assistant or FactoryRole.Function && RowTree.IsTrue(turn.Get("tool_calls"));
            if (role == FactoryRole.Observation)
            {
                results.Add(turn.RequireText(Tag("content_tag")));
                continue;
            }

            if (results.Count > 0)
            {
                messages.Add(new FactoryMessage(FactoryRole.Observation, Joined(results)));
                results.Clear();
            }

            messages.Add(
                isCall
                    ? new FactoryMessage(FactoryRole.Function, Calls(turn))
                    : new FactoryMessage(role, turn.RequireText(Tag("content_tag")))
            );
        }

        object? given = Column(row, "tools");
        string tools = given is List<object?> or JsonFields ? PythonJson.Dump(given) : RowTree.Text(given) ?? "";
        return new FactoryConversation(messages, Changed(system, tools.Length > 0), tools);
    }

    // Whatever the template: the words that switch the thoughts of one family of models off.
    private static string Changed(string system, bool hasTools) =>
        (system.Length > 0, hasTools) switch
        {
            (false, false) => ThinkingOff,
            (false, true) => system,
            (true, true) => system + "\n",
            _ when system.Contains("detailed thinking on", StringComparison.Ordinal)
                    || system.Contains(ThinkingOff, StringComparison.Ordinal) => system,
            _ => $"{system}\n{ThinkingOff}",
        };

    private static string Joined(List<string> results) => string.Join("\n</tool_response>\n<tool_response>\n", results);

    private static string Calls(JsonFields turn) =>
        PythonJson.Dump(RowTree.Objects(turn.Get("tool_calls"), "tool_calls").ConvertAll(call => call.Get("function")));

    private string? TakeSystem(List<JsonFields> turns)
    {
        if (turns.Count == 0 || turns[0].Text(Tag("role_tag")) is not { } role || role != columns.Tags["system_tag"])
        {
            return null;
        }

        string system = turns[0].RequireText(Tag("content_tag"));
        turns.RemoveAt(0);
        return system;
    }

    private FactoryRole RoleOf(JsonFields turn)
    {
        string? role = turn.Text(Tag("role_tag"));
        return role is null ? throw new RefusedRowException("a message has no role")
            : role == columns.Tags["user_tag"] ? FactoryRole.User
            : role == columns.Tags["assistant_tag"] ? FactoryRole.Assistant
            : role == columns.Tags["observation_tag"] ? FactoryRole.Observation
            : role == columns.Tags["function_tag"] ? FactoryRole.Function
            : throw new RefusedRowException($"the role {role} is not known: LLaMA-Factory skips the row");
    }

    private string Tag(string name) =>
        columns.Tags[name] ?? throw new RefusedRowException($"dataset_info.json gives tags without {name}");

    private object? Column(JsonFields row, string name) => columns.Columns[name] is { } column ? row.Get(column) : null;

    private string System(JsonFields row) => RowTree.Text(Column(row, "system")) ?? "";

    private string Tools(JsonFields row) =>
        Column(row, "tools") switch
        {
            null => "",
            var tools when RowTree.Text(tools) is { } text => text,
            var tools when !RowTree.IsTrue(tools) => "",
            _ => throw new RefusedRowException("'tools' is not a text"),
        };
}
