namespace MultiTurnTrainer.Audit.Trainers.LlamaFactory;

/// <summary>How LLaMA-Factory writes tools into the system text, and calls into answers, format by format.</summary>
internal static class FactoryTools
{
    /// <summary>The formats that are written down here.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["default", "llama3", "mistral", "qwen"];

    /// <summary>The text of tools.</summary>
    /// <param name="format">One of <see cref="Formats"/>.</param>
    /// <param name="json">The tools as JSON text.</param>
    /// <param name="today">The date that one format prints.</param>
    /// <exception cref="RefusedRowException">LLaMA-Factory stops at them.</exception>
    public static string Tools(string format, string json, DateTimeOffset today)
    {
        if (!RowTree.TryParse(json, out object? parsed))
        {
            throw new RefusedRowException("'tools' is no JSON, which stops LLaMA-Factory's run");
        }

        List<JsonFields> tools = RowTree.Objects(parsed, "tools");
        return tools.Count == 0
            ? ""
            : format switch
            {
                "llama3" => Llama3(tools, today),
                "mistral" => $"[AVAILABLE_TOOLS] {PythonJson.Dump(tools.ConvertAll(Wrapped))}[/AVAILABLE_TOOLS]",
                "qwen" => Qwen(tools),
                _ => Default(tools),
            };
    }

    /// <summary>The text of calls.</summary>
    public static string Calls(string format, IReadOnlyList<(string Name, object? Arguments)> calls)
    {
        JsonFields Call((string Name, object? Arguments) call, string arguments) =>
            new() { ["name"] = call.Name, [arguments] = call.Arguments };
        switch (format)
        {
            case "llama3":
                List<object?> objects = [.. calls.Select(call => Call(call, "parameters"))];
                return PythonJson.Dump(objects.Count == 1 ? objects[0] : objects);
            case "mistral":
                return PythonJson.Dump((List<object?>)[.. calls.Select(call => Call(call, "arguments"))]);
            case "qwen":
                return string.Join(
                    '\n',
                    calls.Select(call => $"<tool_call>\n{PythonJson.Dump(Call(call, "arguments"))}\n</tool_call>")
                );
            default:
                return string.Join(
                    '\n',
                    calls.Select(call => $"Action: {call.Name}\nAction Input: {PythonJson.Dump(call.Arguments)}")
                );
        }
    }

    private static object? Wrapped(JsonFields tool) =>
        IsFunction(tool) ? tool : new JsonFields { ["type"] = "function", ["function"] = tool };

    private static bool IsFunction(JsonFields tool) => tool.Text("type") == "function";

    private static string Llama3(List<JsonFields> tools, DateTimeOffset today)
    {
        StringBuilder text = new();
        text.Append(
            CultureInfo.InvariantCulture,
            $"Cutting Knowledge Date: December 2023\nToday Date: {today:dd MMM yyyy}\n\n"
        );
        text.Append(
            "You have access to the following functions. To call a function, please respond with JSON for a function call. "
                + "Respond in the format {\"name\": function name, \"parameters\": dictionary of argument name and its value}. "
                + "Do not use variables.\n\n"
        );
        foreach (JsonFields tool in tools)
        {
            text.Append(PythonJson.Dump(Wrapped(tool), indent: 4)).Append("\n\n");
        }

        return text.ToString();
    }

    private static string Qwen(List<JsonFields> tools) =>
        "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
        + "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
        + string.Concat(tools.Select(tool => "\n" + PythonJson.Dump(Wrapped(tool))))
        + "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
        + "<tool_call></tool_call> XML tags:\n<tool_call>\n"
        + "{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>";

    private static string Default(List<JsonFields> tools)
    {
        StringBuilder text = new("You have access to the following tools:\n");
        List<string> names = [];
        foreach (JsonFields given in tools)
        {
            JsonFields tool = IsFunction(given)
                ? given.Get("function") as JsonFields ?? throw new RefusedRowException("a tool has no 'function'")
                : given;
            string name = Shown(tool.Get("name") ?? throw new RefusedRowException("a tool has no 'name'"));
            names.Add(name);
            text.Append(
                CultureInfo.InvariantCulture,
                $"> Tool Name: {name}\nTool Description: {Shown(tool.Get("description"))}\nTool Args:\n"
            );
            AppendParameters(text, tool);
            text.Append('\n');
        }

        text.Append("Use the following format if using a tool:\n```\n");
        text.Append(CultureInfo.InvariantCulture, $"Action: tool name (one of [{string.Join(", ", names)}])\n");
        text.Append("Action Input: the input to the tool, in a JSON format representing the kwargs ");
        return text.Append("(e.g. ```{\"input\": \"hello world\", \"num_beams\": 5}```)\n```\n").ToString();
    }

    private static void AppendParameters(StringBuilder text, JsonFields tool)
    {
        if (
            tool.Get("parameters") is not JsonFields parameters
            || parameters.Get("properties") is not JsonFields properties
        )
        {
            throw new RefusedRowException("a tool has no 'parameters.properties', which stops LLaMA-Factory's run");
        }

        HashSet<string> required = [.. (parameters.Get("required") as List<object?>)?.Select(Shown) ?? []];
        foreach ((string name, object? value) in properties)
        {
            JsonFields property =
                value as JsonFields ?? throw new RefusedRowException($"the parameter {name} is no object");
            string must = required.Contains(name) ? ", required" : "";
            string choice = property.Get("enum") is List<object?> { Count: > 0 } words
                ? $", should be one of [{string.Join(", ", words.Select(Word))}]"
                : "";
            string items = property.Get("items") is JsonFields { Count: > 0 } each
                ? $", where each item should be {Shown(each.Get("type"))}"
                : "";
            text.Append(
                CultureInfo.InvariantCulture,
                $"  - {name} ({Shown(property.Get("type"))}{must}): {Shown(property.Get("description"))}{choice}{items}\n"
            );
        }
    }

    private static string Word(object? value) =>
        RowTree.Text(value) ?? throw new RefusedRowException("an 'enum' holds something that is no text");

    /// <summary>A value as Python prints it; absent ones are empty.</summary>
    private static string Shown(object? value) => value is null ? "" : RowTree.Text(value) ?? PythonJson.Dump(value);
}
