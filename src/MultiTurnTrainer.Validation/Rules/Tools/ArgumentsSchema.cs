using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>The arguments of a call break the tool's declared JSON Schema.</summary>
internal sealed class ArgumentsSchema : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT305",
            "arguments-schema",
            Severity.Error,
            "The arguments of a call break the tool's declared JSON Schema."
        )
        {
            Why = "The model learns calls that the tool refuses.",
            Hint = "Fix the call, or the declaration.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{\"a\":\"x\"}"}}]},{"role":"tool","tool_call_id":"c1","content":"ok"},{"role":"assistant","content":"hello"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}}]}""",
        };

    private readonly EmbeddedJson _inner = new();

    public override void Check(Row row, FindingSink sink)
    {
        if (row.Tools < 0 || row.Calls.IsEmpty)
        {
            return;
        }

        foreach (ref readonly CallView call in row.Calls)
        {
            int tool = DeclaredTools.Find(row.Tape, row.Tools, row.Tape, call.Name);
            int schema = tool >= 0 ? row.Tape.Find(tool, "parameters"u8) : -1;
            if (schema < 0 || call.Arguments < 0)
            {
                continue;
            }

            JsonTape tape = row.Tape;
            int value = call.Arguments;
            if (tape[value].Kind == JsonKind.String)
            {
                if (!_inner.Scan(tape, value))
                {
                    continue;
                }

                (tape, value) = (_inner.Tape, 0);
            }

            if (
                tape[value].Kind == JsonKind.Object
                && SchemaCheck.Problem(row.Tape, schema, tape, value) is { } problem
            )
            {
                sink.Add(this, row, call.Arguments, $"{CallMatching.Name(row, call)}: {problem}");
            }
        }
    }
}
