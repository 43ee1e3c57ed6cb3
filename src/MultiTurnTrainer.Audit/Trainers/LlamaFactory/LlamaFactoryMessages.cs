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
    public FactoryConversation Read(JsonObject row)
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

    private FactoryConversation Alpaca(JsonObject row)
    {
        List<FactoryMessage> messages = [];
        foreach (JsonArray turn in (Column(row, "history") as JsonArray)?.OfType<JsonArray>() ?? [])
        {
            messages.Add(new FactoryMessage(FactoryRole.User, JsonTree.Text(turn[0]) ?? ""));
            messages.Add(new FactoryMessage(FactoryRole.Assistant, JsonTree.Text(turn[1]) ?? ""));
        }

        string[] asked =
        [
            .. new[] { "prompt", "query" }
                .Select(name => JsonTree.Text(Column(row, name)) ?? "")
                .Where(text => text.Length > 0),
        ];
        messages.Add(new FactoryMessage(FactoryRole.User, string.Join('\n', asked)));
        if (JsonTree.Text(Column(row, "response")) is { } answer)
        {
            messages.Add(new FactoryMessage(FactoryRole.Assistant, answer));
        }

        return new FactoryConversation(messages, System(row), Tools(row));
    }

    private FactoryConversation ShareGpt(JsonObject row)
    {
        List<JsonObject> turns = JsonTree.Objects(Column(row, "messages"), "messages");
        string system = TakeSystem(turns) ?? System(row);
        return new FactoryConversation(
            [.. turns.Select(turn => new FactoryMessage(RoleOf(turn), turn.RequireText(Tag("content_tag"))))],
            system,
            Tools(row)
        );
    }

    private FactoryConversation OpenAi(JsonObject row)
    {
        List<JsonObject> turns = JsonTree.Objects(Column(row, "messages"), "messages");
        string system = TakeSystem(turns) ?? System(row);
        List<FactoryMessage> messages = [];
        List<string> results = [];
        foreach (JsonObject turn in turns)
        {
            FactoryRole role = RoleOf(turn);
            bool isCall = role is FactoryRole.Assistant or FactoryRole.Function && JsonTree.IsTrue(turn["tool_calls"]);
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

        JsonNode? given = Column(row, "tools");
        string tools = given is JsonArray or JsonObject ? PythonJson.Dump(given) : JsonTree.Text(given) ?? "";
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

    private static string Calls(JsonObject turn) =>
        PythonJson.Dump(
            new JsonArray([
                .. JsonTree.Objects(turn["tool_calls"], "tool_calls").Select(call => call["function"]?.DeepClone()),
            ])
        );

    private string? TakeSystem(List<JsonObject> turns)
    {
        if (turns.Count == 0 || turns[0].Text(Tag("role_tag")) is not { } role || role != columns.Tags["system_tag"])
        {
            return null;
        }

        string system = turns[0].RequireText(Tag("content_tag"));
        turns.RemoveAt(0);
        return system;
    }

    private FactoryRole RoleOf(JsonObject turn)
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

    private JsonNode? Column(JsonObject row, string name) => columns.Columns[name] is { } column ? row[column] : null;

    private string System(JsonObject row) => JsonTree.Text(Column(row, "system")) ?? "";

    private string Tools(JsonObject row) =>
        Column(row, "tools") switch
        {
            null => "",
            var tools when JsonTree.Text(tools) is { } text => text,
            var tools when !JsonTree.IsTrue(tools) => "",
            _ => throw new RefusedRowException("'tools' is not a text"),
        };
}
