namespace MultiTurnTrainer.Audit.Trainers.Axolotl;

/// <summary>A message as the template gets it, and what the data say about training it.</summary>
/// <param name="Message">The message.</param>
/// <param name="Role">Its role, in the template's terms.</param>
/// <param name="Training">The value of <c>message_field_training</c>; null where there is none.</param>
/// <param name="Detail">The stretches of its content.</param>
/// <param name="HasDetail">Whether the data name stretches, even none.</param>
internal sealed record AxolotlTurn(
    JsonFields Message,
    string Role,
    object? Training,
    IReadOnlyList<DetailRange> Detail,
    bool HasDetail
);

/// <summary>Reads the turns of a row as Axolotl does: some keys only, roles renamed, parts joined, thoughts split off.</summary>
internal sealed class AxolotlMessages(AxolotlSettings settings, string template)
{
    private static readonly (string Open, string Close)[] _thoughts =
    [
        ("<think>", "</think>"),
        ("<reasoning>", "</reasoning>"),
        ("<|begin_of_thought|>", "<|end_of_thought|>"),
    ];

    private static readonly (string Open, string Close) _solution = ("<|begin_of_solution|>", "<|end_of_solution|>");

    /// <summary>The turns of a row.</summary>
    /// <exception cref="RefusedRowException">Axolotl stops at it.</exception>
    public List<AxolotlTurn> Read(JsonFields row)
    {
        object? list = row.Get(settings.FieldMessages);
        if (RowTree.Text(list) is { } text)
        {
            list = RowTree.TryParse(text, out object? parsed) ? parsed : null;
        }

        List<AxolotlTurn> turns = [.. RowTree.Objects(list, settings.FieldMessages).Select(Turn)];
        if (turns.Count == 0)
        {
            throw new RefusedRowException("it has no messages");
        }

        if (turns[0].Role != "system" && row.Text(settings.FieldSystem) is { } system)
        {
            JsonFields message = new() { ["role"] = "system", ["content"] = system };
            turns.Insert(0, new AxolotlTurn(message, "system", null, [], false));
        }

        if (settings.DropSystemMessage && turns[0].Role == "system")
        {
            turns.RemoveAt(0);
        }

        return turns;
    }

    /// <summary>The tools of a row.</summary>
    /// <exception cref="RefusedRowException">They are no list.</exception>
    public object? Tools(JsonFields row)
    {
        object? tools = row.Get(settings.FieldTools);
        if (RowTree.Text(tools) is { } text)
        {
            tools = RowTree.TryParse(text, out object? parsed)
                ? parsed
                : throw new RefusedRowException("'tools' is a text that is no JSON");
        }

        if (tools is not (null or List<object?>))
        {
            throw new RefusedRowException("'tools' is not a list");
        }

        foreach (JsonFields tool in (tools as List<object?>)?.OfType<JsonFields>() ?? [])
        {
            if (tool.Get("function") is JsonFields function && function.Text("parameters") is { } parameters)
            {
                function["parameters"] = RowTree.TryParse(parameters, out object? parsed)
                    ? parsed
                    : throw new RefusedRowException("a tool's 'parameters' are a text that is no JSON");
            }
        }

        // No tools are as if the row did not speak of them.
        return RowTree.IsTrue(tools) ? tools : null;
    }

    private AxolotlTurn Turn(JsonFields source)
    {
        JsonFields message = [];
        foreach ((string name, string key) in settings.Properties)
        {
            if (source.Get(key) is { } value)
            {
                message[name] = value;
            }
        }

        string role = message.Text("role") ?? "";
        role = settings.Roles.GetValueOrDefault(role, role);
        message["role"] = role;
        if (settings.SplitThinking && role == "assistant")
        {
            SplitThinking(message);
        }

        foreach ((string name, object? value) in source)
        {
            if (value is not null && !settings.Properties.Values.Contains(name) && IsMentioned(name))
            {
                message[name] = value;
            }
        }

        ParseArguments(message);
        object? training = settings.FieldTraining is { } field ? source.Get(field) : null;
        object? detail = settings.FieldTrainingDetail is { } detailField ? source.Get(detailField) : null;
        List<DetailRange>? ranges = detail is List<object?> list ? [.. list.OfType<JsonFields>().Select(Range)] : null;
        ranges = JoinParts(message, "content") ?? ranges;
        JoinParts(message, settings.ThinkingKey);
        return new AxolotlTurn(message, role, training, ranges ?? [], ranges is not null);
    }

    /// <summary>Whether the template reads a key: as an attribute or in quotes.</summary>
    private bool IsMentioned(string key) =>
        template.Contains($"'{key}'", StringComparison.Ordinal)
        || template.Contains($"\"{key}\"", StringComparison.Ordinal)
        || template.Contains($".{key}", StringComparison.Ordinal);

    private static DetailRange Range(JsonFields detail) =>
        new(
            detail.Get("begin_offset") is JsonView begin ? begin.GetInt32() : 0,
            detail.Get("end_offset") is JsonView end ? end.GetInt32() : 0,
            RowTree.IsTrue(detail.Get("train"))
        );

    /// <summary>Makes one text of a list of parts; the stretches, where a part says whether it is trained.</summary>
    private static List<DetailRange>? JoinParts(JsonFields message, string key)
    {
        if (message.Get(key) is not List<object?> parts)
        {
            return null;
        }

        StringBuilder text = new();
        List<DetailRange> ranges = [];
        bool isSaid = false;
        int characters = 0;
        foreach (JsonFields part in parts.OfType<JsonFields>())
        {
            string own = part.Text("text") ?? part.Text("content") ?? part.Text("value") ?? "";
            object? train = part.Get("train");
            object? weight = part.Get("weight");
            isSaid |= train is not null || weight is not null;
            bool isTrained = train is not null ? RowTree.IsTrue(train) : weight is null || RowTree.IsTrue(weight);
            if (own.Length > 0)
            {
                int end = characters + own.EnumerateRunes().Count();
                ranges.Add(new DetailRange(characters, end - 1, isTrained));
                characters = end;
            }

            text.Append(own);
        }

        message[key] = text.ToString();
        return isSaid ? ranges : null;
    }

    private void SplitThinking(JsonFields message)
    {
        string content = message.RequireText("content");
        foreach ((string open, string close) in _thoughts)
        {
            int start = content.IndexOf(open, StringComparison.Ordinal);
            int end = content.IndexOf(close, StringComparison.Ordinal);
            if (start < 0 || end < 0)
            {
                continue;
            }

            int from = start + open.Length;
            message[settings.ThinkingKey] = from < end ? content[from..end].Trim() : "";
            string rest = content[(end + close.Length)..].TrimStart();
            int begin = rest.IndexOf(_solution.Open, StringComparison.Ordinal);
            int stop = rest.IndexOf(_solution.Close, StringComparison.Ordinal);
            message["content"] =
                begin >= 0 && stop >= begin + _solution.Open.Length
                    ? rest[(begin + _solution.Open.Length)..stop].Trim()
                    : rest;
            return;
        }
    }

    private static void ParseArguments(JsonFields message)
    {
        foreach (JsonFields call in (message.Get("tool_calls") as List<object?>)?.OfType<JsonFields>() ?? [])
        {
            if (call.Get("function") is JsonFields function && function.Text("arguments") is { } arguments)
            {
                function["arguments"] = RowTree.TryParse(arguments, out object? parsed)
                    ? parsed
                    : throw new RefusedRowException("a call's 'arguments' are a text that is no JSON");
            }
        }
    }
}
