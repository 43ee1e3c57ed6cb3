namespace MultiTurnTrainer.Audit.Trainers.Swift;

/// <summary>How tools, calls and results are written: ms-swift's agent templates.</summary>
internal abstract class SwiftAgent
{
    /// <summary>The agent template of a name; null where it is not written down here.</summary>
    public static SwiftAgent? Of(string name, SwiftTemplate template) =>
        name switch
        {
            "hermes" => new HermesAgent(template),
            "llama3" => new Llama3Agent(),
            _ => null,
        };

    /// <summary>The system text with the tools, and the first question, which may get them instead.</summary>
    public abstract (string System, string Question) AddTools(
        IReadOnlyList<object> tools,
        string? system,
        string question
    );

    /// <summary>The text of calls.</summary>
    public abstract string Calls(IEnumerable<JsonFields> calls);

    /// <summary>The pieces that results become, up to the header of the next answer.</summary>
    public abstract string[] Results(IReadOnlyList<string> results);

    /// <summary>What results add to a question that no call went before.</summary>
    /// <exception cref="RefusedRowException">The template does not know them.</exception>
    public virtual string StandaloneResults(IReadOnlyList<string> results) =>
        throw new RefusedRowException("a tool's result follows no call, which this agent template does not support");

    /// <summary>A call's name and arguments.</summary>
    protected static (string Name, object Arguments) Parse(JsonFields call)
    {
        object? arguments = call.Get("arguments") ?? call.Get("parameters");
        if (RowTree.Text(arguments) is { } text)
        {
            arguments = RowTree.TryParse(text, out object? parsed) ? parsed : null;
        }

        return (call.RequireText("name"), arguments ?? throw new RefusedRowException("a call has no arguments"));
    }

    private sealed class HermesAgent(SwiftTemplate template) : SwiftAgent
    {
        public override (string System, string Question) AddTools(
            IReadOnlyList<object> tools,
            string? system,
            string question
        ) =>
            (
                $"{system}\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n"
                    + "You are provided with function signatures within <tools></tools> XML tags:\n<tools>\n"
                    + string.Join('\n', tools.Select(tool => PythonJson.Dump(tool)))
                    + "\n</tools>\n\nFor each function call, return a json object with function name and arguments within "
                    + "<tool_call></tool_call> XML tags:\n<tool_call>\n"
                    + "{\"name\": <function-name>, \"arguments\": <args-json-object>}\n</tool_call>",
                question
            );

        public override string Calls(IEnumerable<JsonFields> calls) =>
            string.Join(
                '\n',
                calls.Select(call =>
                {
                    (string name, object arguments) = Parse(call);
                    JsonFields written = new() { ["name"] = name, ["arguments"] = arguments };
                    return $"<tool_call>\n{PythonJson.Dump(written)}\n</tool_call>";
                })
            );

        public override string[] Results(IReadOnlyList<string> results) =>
            [
                .. template.Separator,
                .. template.Prompt.Select(piece =>
                    piece.Replace("{{QUERY}}", Joined(results), StringComparison.Ordinal)
                ),
            ];

        public override string StandaloneResults(IReadOnlyList<string> results)
        {
            string before = string.Concat(template.Prompt);
            before = before[..before.IndexOf("{{QUERY}}", StringComparison.Ordinal)];
            return string.Concat(template.Separator) + before + Joined(results);
        }

        private static string Joined(IReadOnlyList<string> results) =>
            string.Join('\n', results.Select(result => $"<tool_response>\n{result}\n</tool_response>"));
    }

    private sealed class Llama3Agent : SwiftAgent
    {
        public override (string System, string Question) AddTools(
            IReadOnlyList<object> tools,
            string? system,
            string question
        ) =>
            (
                system ?? "",
                "Given the following functions, please respond with a JSON for a function call with its proper arguments that best answers the given prompt.\n\n"
                    + "Respond in the format {\"name\": function name, \"parameters\": dictionary of argument name and its value}. Do not use variables.\n\n"
                    + string.Join("\n\n", tools.Select(tool => PythonJson.Dump(tool, indent: 4)))
                    + $"\n\n{question}"
            );

        public override string Calls(IEnumerable<JsonFields> calls) =>
            string.Join(
                '\n',
                calls.Select(call =>
                {
                    (string name, object arguments) = Parse(call);
                    return PythonJson.Dump(new JsonFields { ["name"] = name, ["parameters"] = arguments });
                })
            );

        public override string[] Results(IReadOnlyList<string> results) =>
            [
                "<|eot_id|>",
                .. results.Select(result => $"<|start_header_id|>tool<|end_header_id|>\n\n{result}<|eot_id|>"),
                "<|start_header_id|>assistant<|end_header_id|>\n\n",
            ];
    }
}
