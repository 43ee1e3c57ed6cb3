using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>The arguments of a call are not a JSON object.</summary>
internal sealed class ArgumentsNotJson : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT304", "arguments-not-json", Severity.Error, "The arguments of a call are not a JSON object.")
        {
            Why = "The model learns calls that no parser accepts.",
            Hint = "Write the arguments as an object, or as the JSON text of one.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{a:1}"}}]},{"role":"tool","tool_call_id":"c1","content":"ok"},{"role":"assistant","content":"hello"}]}""",
        };

    private readonly EmbeddedJson _inner = new();

    public override void Check(Row row, FindingSink sink)
    {
        foreach (ref readonly CallView call in row.Calls)
        {
            if (call.Arguments < 0)
            {
                continue;
            }

            JsonKind kind = row.Tape[call.Arguments].Kind;
            if (kind == JsonKind.String)
            {
                if (!_inner.Scan(row.Tape, call.Arguments))
                {
                    sink.Add(this, row, call.Arguments, $"the arguments are not JSON: {_inner.Tape.Problem!.Message}");
                }
                else if (_inner.Tape[0].Kind == JsonKind.String)
                {
                    sink.Add(this, row, call.Arguments, "the arguments are JSON text inside JSON text: encoded twice");
                }
                else if (_inner.Tape[0].Kind != JsonKind.Object)
                {
                    sink.Add(
                        this,
                        row,
                        call.Arguments,
                        $"the arguments are {Shown.Kind(_inner.Tape, 0)}, not an object"
                    );
                }
            }
            else if (kind is not (JsonKind.Object or JsonKind.Null))
            {
                sink.Add(
                    this,
                    row,
                    call.Arguments,
                    $"the arguments are {Shown.Kind(row.Tape, call.Arguments)}, not an object"
                );
            }
        }
    }
}
