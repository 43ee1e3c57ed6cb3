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
        if (!JsonTree.TryParse(json, out JsonNode? parsed))
        {
            throw new RefusedRowException("'tools' is no JSON, which stops LLaMA-Factory's run");
        }

        List<JsonObject> tools = JsonTree.Objects(parsed, "tools");
        return tools.Count == 0
            ? ""
            : format switch
            {
                "llama3" => Llama3(tools, today),
                "mistral" =>
                    $"[AVAILABLE_TOOLS] {PythonJson.Dump(new JsonArray([.. tools.Select(Wrapped)]))}[/AVAILABLE_TOOLS]",
                "qwen" => Qwen(tools),
                _ => Default(tools),
            };
    }

    /// <summary>The text of calls.</summary>
    public static string Calls(string format, IReadOnlyList<(string Name, JsonNode? Arguments)> calls)
    {
        JsonObject Call((string Name, JsonNode? Arguments) call, string arguments) =>
            new() { ["name"] = call.Name, [arguments] = call.Arguments?.DeepClone() };
        switch (format)
        {
            case "llama3":
                JsonNode[] objects = [.. calls.Select(call => Call(call, "parameters"))];
                return PythonJson.Dump(objects.Length == 1 ? objects[0] : new JsonArray(objects));
            case "mistral":
                return PythonJson.Dump(new JsonArray([.. calls.Select(call => Call(call, "arguments"))]));
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

    private static JsonNode Wrapped(JsonObject tool) =>
        IsFunction(tool) ? tool.DeepClone() : new JsonObject { ["type"] = "function", ["function"] = tool.DeepClone() };

    private static bool IsFunction(JsonObject tool) => tool.Text("type") == "function";

    private static string Llama3(List<JsonObject> tools, DateTimeOffset today)
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
        foreach (JsonObject tool in tools)
        {
            text.Append(PythonJson.Dump(Wrapped(tool), indent: 4)).Append("\n\n");
        }

        return text.ToString();
    }

    private static string Qwen(List<JsonObject> tools) =>
        "\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
        + "You are provided with function signatures within <tools></tools> XML tags:\n<tools>"
        + string.Concat(tools.Select(tool => "\n" + PythonJson.Dump(Wrapped(tool))))
        + "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
        + "<tool_call></tool_call> XML tags:\n<tool_call>\n"
        + "{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>";

    private static string Default(List<JsonObject> tools)
    {
        StringBuilder text = new("You have access to the following tools:\n");
        List<string> names = [];
        foreach (JsonObject given in tools)
        {
            JsonObject tool = IsFunction(given)
                ? given["function"] as JsonObject ?? throw new RefusedRowException("a tool has no 'function'")
                : given;
            string name = Shown(tool["name"] ?? throw new RefusedRowException("a tool has no 'name'"));
            names.Add(name);
            text.Append(
                CultureInfo.InvariantCulture,
                $"> Tool Name: {name}\nTool Description: {Shown(tool["description"])}\nTool Args:\n"
            );
            AppendParameters(text, tool);
            text.Append('\n');
        }

        text.Append("Use the following format if using a tool:\n```\n");
        text.Append(CultureInfo.InvariantCulture, $"Action: tool name (one of [{string.Join(", ", names)}])\n");
        text.Append("Action Input: the input to the tool, in a JSON format representing the kwargs ");
        return text.Append("(e.g. ```{\"input\": \"hello world\", \"num_beams\": 5}```)\n```\n").ToString();
    }

    private static void AppendParameters(StringBuilder text, JsonObject tool)
    {
        if (tool["parameters"] is not JsonObject parameters || parameters["properties"] is not JsonObject properties)
        {
            throw new RefusedRowException("a tool has no 'parameters.properties', which stops LLaMA-Factory's run");
        }

        HashSet<string> required = [.. (parameters["required"] as JsonArray)?.Select(Shown) ?? []];
        foreach ((string name, JsonNode? value) in properties)
        {
            JsonObject property =
                value as JsonObject ?? throw new RefusedRowException($"the parameter {name} is no object");
            string must = required.Contains(name) ? ", required" : "";
            string choice = property["enum"] is JsonArray { Count: > 0 } words
                ? $", should be one of [{string.Join(", ", words.Select(Word))}]"
                : "";
            string items = property["items"] is JsonObject { Count: > 0 } each
                ? $", where each item should be {Shown(each["type"])}"
                : "";
            text.Append(
                CultureInfo.InvariantCulture,
                $"  - {name} ({Shown(property["type"])}{must}): {Shown(property["description"])}{choice}{items}\n"
            );
        }
    }

    private static string Word(JsonNode? value) =>
        JsonTree.Text(value) ?? throw new RefusedRowException("an 'enum' holds something that is no text");

    /// <summary>A value as Python prints it; absent ones are empty.</summary>
    private static string Shown(JsonNode? value) => value is null ? "" : JsonTree.Text(value) ?? PythonJson.Dump(value);
}
