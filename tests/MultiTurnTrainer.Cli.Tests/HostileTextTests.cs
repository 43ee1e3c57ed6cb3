using System.Text.Json;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>
/// One string that would colour, move, reverse and end lines, and command a CI runner, goes through fields of inputs and
/// command lines; nothing of it reaches a terminal as it is.
/// </summary>
public class HostileTextTests
{
    internal const string Hostile =
        "x\n::error::pwned\r\n##[error]pwned\n  ::warning::pwned\t\u001b[31mred\u001b]0;title\u0007\b\u009b1m\u007f\u202eevil\u2066\u200b\u2028\u2029\ufeff";

    // Names of files hold no slash and no NUL, and what is left of them.
    private const string Name = "n\n::error::pwned\u001b[31m\u202e";

    private static readonly string _json = JsonSerializer.Serialize(Hostile);

    public static TheoryData<string> Rows => [.. RowsWith(_json, _json)];

    /// <summary>Rows, each with a hostile text in another place.</summary>
    /// <param name="field">As JSON: a name, a key, an id.</param>
    /// <param name="content">As JSON: what somebody says, which may have several lines.</param>
    internal static IEnumerable<string> RowsWith(string field, string content) =>
        _rows.Select(row =>
            row.Replace("\"content\":H", $"\"content\":{content}", StringComparison.Ordinal)
                .Replace("H", field, StringComparison.Ordinal)
        );

    private static readonly string[] _rows =
    [
        """{"messages":[{"role":H,"content":"a"}]}""",
        """{"messages":[{"role":"user","content":H},{"role":"assistant","content":"b"}]}""",
        """{"messages":[{"role":"user","content":"a",H:1},{"role":"assistant","content":"b"}]}""",
        """{H:1,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""",
        """{"id":H,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":""}]}""",
        """{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":H,"type":"function","function":{"name":"f","arguments":"{}"}}]}]}""",
        """{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":H,"arguments":"{}"}}]}]}""",
        """{"messages":[{"role":"user","content":"a"},{"role":"assistant","tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":H}}]}]}""",
        """{"messages":[{"role":"user","content":"a"},{"role":"tool","tool_call_id":H,"content":"b"},{"role":"assistant","content":"b"}]}""",
        """{"tools":[{"type":"function","function":{"name":H,"parameters":{}}},{"type":"function","function":{"name":H,"parameters":{}}}],"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""",
        """{"messages":[{"role":"user","content":[{"type":H,"text":"a"}]},{"role":"assistant","content":"b"}]}""",
        """{"messages":H}""",
        """{"messages":{H:H}}""",
        """{"messages":[H]}""",
        """{"messages":[{"role":"user","content":{H:1}}]}""",
        """{"conversations":[{"from":H,"value":"a"}]}""",
        """{"prompt":"a","completion":{H:1}}""",
        """{"chat_template_kwargs":H,"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}""",
        """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b","weight":H}]}""",
        """{H""",
        "H",
        "[H]",
        """{"text":{H:H}}""",
    ];

    [Theory]
    [MemberData(nameof(Rows))]
    public void Row_HostileField_IsShownEscapedByEveryCommand(string row)
    {
        using TempFolder folder = new();
        folder.Write("rows.jsonl", row + "\n" + row + "\n");
        folder.Write("t.jinja", "{% for m in messages %}{{ raise_exception(m.role ~ m.content) }}{% endfor %}");
        foreach (string format in new[] { "text", "github", "junit" })
        {
            RequireClean(MttProcess.Run(folder.Path, ["validate", "rows.jsonl", "--format", format]), format);
        }

        RequireClean(MttProcess.Run(folder.Path, ["prepare", "rows.jsonl", "-o", "out"]));
        RequireClean(MttProcess.Run(folder.Path, ["stats", "rows.jsonl"]));
    }

    public static TheoryData<string[]> CommandLines => new(_commandLines);

    private static readonly string[][] _commandLines =
    [
        ["validate", Name],
        ["prepare", Name, "-o", "out"],
        ["stats", Name],
        ["render", Name, "--template", "t.jinja"],
        ["render", "rows.jsonl", "--template", Name],
        ["mask", Name, "--model", Name],
        ["tokenize", Name, "--model", Name],
        ["inspect", Name, "--model", Name],
        ["lint-template", Name],
        ["clean", Name, "-o", "out.jsonl"],
        ["shard", Name, "-o", "out.jsonl"],
        ["review", Name, "-o", "out"],
        ["score", Name, "--model", Name],
        ["generate", Name, "--model", Name],
        ["evaluate", Name, "--model", Name],
        ["merge", Name, Name, "-o", Name],
        ["train", "--model", Name, "--train", Name, "--output", Name],
        ["estimate", "--model", Name],
        ["explain", Name],
        [Name],
        ["validate", "--" + Name],
        ["validate", "rows.jsonl", "--format", Name],
        ["validate", "rows.jsonl", "--ignore", Name],
        ["render", "rows.jsonl", "--config", Name, "--template", "t.jinja"],
        ["render", "rows.jsonl", "--set", Name, "--template", "t.jinja"],
        ["render", "rows.jsonl", "--set", "rows." + Name + "=1", "--template", "t.jinja"],
        ["render", "rows.jsonl", "--chat-template-kwargs", "{" + Name, "--template", "t.jinja"],
    ];

    [Theory]
    [MemberData(nameof(CommandLines))]
    public void CommandLine_HostileName_IsShownEscaped(string[] arguments)
    {
        using TempFolder folder = new();
        folder.Write(
            "rows.jsonl",
            """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"""
        );
        folder.Write("t.jinja", "{{ messages[0].content }}");
        MttResult result = MttProcess.Run(folder.Path, arguments);
        Assert.NotEqual(0, result.ExitCode);
        RequireClean(result);
    }

    public static TheoryData<string, string, string[]> Files =>
        new()
        {
            { "mtt.yaml", $"{_json}: 1\n", ["render", "rows.jsonl", "--template", "t.jinja"] },
            { "mtt.yaml", $"rows:\n  {_json}: 1\n", ["render", "rows.jsonl", "--template", "t.jinja"] },
            { "mtt.yaml", $"rows:\n  eot: {{ {_json}: 1 }}\n", ["render", "rows.jsonl", "--template", "t.jinja"] },
            { "mtt.yaml", $"rows:\n  threads: {_json}\n", ["render", "rows.jsonl", "--template", "t.jinja"] },
            { "mtt.yaml", $"{_json}: 1\n{_json}: 2\na b: [\n", ["render", "rows.jsonl", "--template", "t.jinja"] },
            { "t.jinja", "{{ " + Hostile, ["render", "rows.jsonl", "--template", "t.jinja"] },
            { "t.jinja", "{{ x | " + Hostile, ["lint-template", "t.jinja"] },
            { "t.jinja", $"{{{{ raise_exception({_json}) }}}}", ["lint-template", "t.jinja"] },
            { Name + ".jinja", "{{ 1", ["lint-template", "."] },
            { "model/tokenizer.json", $"{{{_json}: 1}}", ["tokenize", "rows.jsonl", "--model", "model"] },
            {
                "model/tokenizer.json",
                $"{{\"model\":{{\"type\":{_json}}}}}",
                ["tokenize", "rows.jsonl", "--model", "model"]
            },
            { "model/config.json", $"{{\"model_type\":{_json}}}", ["estimate", "--model", "model"] },
            {
                "model/config.json",
                $"{{\"model_type\":\"llama\",\"hidden_size\":{_json}}}",
                ["estimate", "--model", "model"]
            },
        };

    [Theory]
    [MemberData(nameof(Files))]
    public void File_HostileContent_IsShownEscaped(string name, string content, string[] arguments)
    {
        using TempFolder folder = new();
        folder.Write(
            "rows.jsonl",
            """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":"b"}]}"""
        );
        if (name != "t.jinja")
        {
            folder.Write("t.jinja", "{{ messages[0].content }}");
        }

        folder.Write(name, content);
        RequireClean(MttProcess.Run(folder.Path, arguments));
    }

    internal static void RequireClean(MttResult result, string format = "text")
    {
        foreach (string text in new[] { result.Out, result.Error })
        {
            Assert.DoesNotContain(text, c => Printable.IsHarmful(c) && c is not ('\n' or '\t'));
            Assert.DoesNotContain("fault in mtt", text, StringComparison.Ordinal);
            foreach (string line in text.Split('\n'))
            {
                string start = line.TrimStart();
                Assert.False(start.StartsWith("##[", StringComparison.Ordinal), line);
                // mtt's own annotations name the file.
                bool own =
                    format == "github" && start.Split(' ') is ["::error" or "::warning" or "::notice", ['f', ..], ..];
                Assert.False(start.StartsWith("::", StringComparison.Ordinal) && !own, line);
            }
        }
    }
}
