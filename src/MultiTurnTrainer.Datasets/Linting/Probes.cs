namespace MultiTurnTrainer.Datasets.Linting;

/// <summary>A small conversation made to show one effect of a template; its words stand nowhere else.</summary>
/// <param name="Name">What it shows.</param>
/// <param name="Messages">The messages.</param>
/// <param name="Tools">The declared tools, or null.</param>
internal sealed record Probe(string Name, JsonView Messages, JsonView? Tools = null);

/// <summary>The conversations that lint-template renders.</summary>
internal static class Probes
{
    private const string ToolList = """
        [{"type": "function", "function": {"name": "qprobe_lookup", "description": "qprobe declares", "parameters":
        {"type": "object", "properties": {"place": {"type": "string", "description": "where"}}, "required": ["place"]}}}]
        """;

    /// <summary>Two questions and answers.</summary>
    public static Probe Plain { get; } =
        Make(
            "plain",
            """
            [{"role": "user", "content": "qfirst ask"}, {"role": "assistant", "content": "qone reply"},
             {"role": "user", "content": "qsecond ask"}, {"role": "assistant", "content": "qtwo reply"}]
            """
        );

    /// <summary>The same after a system message.</summary>
    public static Probe System { get; } =
        Make(
            "system",
            """
            [{"role": "system", "content": "qsystem rule"},
             {"role": "user", "content": "qfirst ask"}, {"role": "assistant", "content": "qone reply"},
             {"role": "user", "content": "qsecond ask"}, {"role": "assistant", "content": "qtwo reply"}]
            """
        );

    /// <summary>Answers with a reasoning field.</summary>
    public static Probe Reasoning { get; } =
        Make(
            "reasoning",
            """
            [{"role": "user", "content": "qfirst ask"},
             {"role": "assistant", "content": "qone reply", "reasoning_content": "qthink earlier"},
             {"role": "user", "content": "qsecond ask"},
             {"role": "assistant", "content": "qtwo reply", "reasoning_content": "qthink latest"}]
            """
        );

    /// <summary>Answers with reasoning inside their content.</summary>
    public static Probe InlineThink { get; } =
        Make(
            "inline-think",
            """
            [{"role": "user", "content": "qfirst ask"},
             {"role": "assistant", "content": "<think>\nqthink earlier\n</think>\n\nqone reply"},
             {"role": "user", "content": "qsecond ask"},
             {"role": "assistant", "content": "<think>\nqthink latest\n</think>\n\nqtwo reply"}]
            """
        );

    /// <summary>An answer and a question with blanks around them.</summary>
    public static Probe Blanks { get; } =
        Make(
            "blanks",
            """
            [{"role": "user", "content": "\n  qfirst ask  \n"}, {"role": "assistant", "content": "\n  qone reply  \n"},
             {"role": "user", "content": "qsecond ask"}, {"role": "assistant", "content": "\n  qtwo reply  \n"}]
            """
        );

    /// <summary>A call with its arguments as an object, and its result.</summary>
    public static Probe Tools { get; } = MakeCall("tools", "\"\"", """{"place": "qharbour"}""");

    /// <summary>A call with its arguments as a JSON string, as OpenAI writes them.</summary>
    public static Probe StringArguments { get; } =
        MakeCall("string-arguments", "\"\"", "\"{\\\"place\\\": \\\"qharbour\\\"}\"");

    /// <summary>A call with words beside it.</summary>
    public static Probe Beside { get; } = MakeCall("beside", "\"qbeside words\"", """{"place": "qharbour"}""");

    /// <summary>Contents as lists of text parts.</summary>
    public static Probe Parts { get; } =
        Make(
            "parts",
            """
            [{"role": "user", "content": [{"type": "text", "text": "qfirst ask"}]},
             {"role": "assistant", "content": [{"type": "text", "text": "qone reply"}]}]
            """
        );

    /// <summary>All of them.</summary>
    public static IReadOnlyList<Probe> All { get; } =
    [Plain, System, Reasoning, InlineThink, Blanks, Tools, StringArguments, Beside, Parts];

    private static Probe Make(string name, string messages) => new(name, JsonView.Parse(messages));

    private static Probe MakeCall(string name, string content, string arguments) =>
        Make(
            name,
            $$"""
            [{"role": "user", "content": "qfirst ask"},
             {"role": "assistant", "content": {{content}}, "tool_calls": [{"id": "qcall0001", "type": "function",
              "function": {"name": "qprobe_lookup", "arguments": {{arguments}} } }]},
             {"role": "tool", "tool_call_id": "qcall0001", "name": "qprobe_lookup", "content": "qresult text"},
             {"role": "assistant", "content": "qtwo reply"}]
            """
        ) with
        {
            Tools = JsonView.Parse(ToolList),
        };
}
