using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>Two calls have the same id.</summary>
internal sealed class CallIdRepeated : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT303", "call-id-repeated", Severity.Error, "Two calls have the same id.")
        {
            Why = "A result cannot be told to belong to one of them.",
            Hint = "Give every call an id of its own.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}},{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"ok"},{"role":"tool","tool_call_id":"c1","content":"ok"},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        JsonTape tape = row.Tape;
        ReadOnlySpan<CallView> calls = row.Calls;
        for (int i = 1; i < calls.Length; i++)
        {
            // Far apart is a matter of taste; a window keeps long rows linear.
            for (int j = Math.Max(0, i - 64); j < i && calls[i].Id >= 0; j++)
            {
                if (
                    calls[j].Id >= 0
                    && tape.Raw(calls[i].Id).SequenceEqual(tape.Raw(calls[j].Id))
                    && tape[calls[i].Id].Length > 0
                )
                {
                    bool same = calls[i].Message == calls[j].Message;
                    sink.Add(
                        this,
                        row,
                        calls[i].Id,
                        $"the id {Shown.Text(tape, calls[i].Id)} was used before in {(same ? "this message" : "an earlier turn")}",
                        severity: same ? null : Severity.Warning
                    );
                    break;
                }
            }
        }
    }
}
