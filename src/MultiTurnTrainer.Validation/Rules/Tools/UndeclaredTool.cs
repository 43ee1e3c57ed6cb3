using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A call names a tool that the row does not declare.</summary>
internal sealed class UndeclaredTool : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT306", "undeclared-tool", Severity.Error, "A call names a tool that the row does not declare.")
        {
            Why = "The model learns to invent tools.",
            Hint = "Declare it under \"tools\", or fix the name.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"","tool_calls":[{"id":"c1","type":"function","function":{"name":"g","arguments":"{}"}}]},{"role":"tool","tool_call_id":"c1","content":"ok"},{"role":"assistant","content":"hello"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"integer"}},"required":["a"]}}}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        if (row.Tools < 0 || row.Tape[row.Tools].Kind != JsonKind.Array)
        {
            return;
        }

        foreach (ref readonly CallView call in row.Calls)
        {
            if (
                call.Name >= 0
                && row.Tape[call.Name].Length > 0
                && DeclaredTools.Find(row.Tape, row.Tools, row.Tape, call.Name) < 0
            )
            {
                string? near = Nearest.To(row.Tape.String(call.Name), DeclaredTools.Names(row.Tape, row.Tools));
                sink.Add(
                    this,
                    row,
                    call.Name,
                    $"the tool {CallMatching.Name(row, call)} is not declared",
                    near is null ? null : $"\"{near}\" is meant?"
                );
            }
        }
    }
}
