using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A number does not fit a 64-bit integer or a double.</summary>
internal sealed class NumberOutOfRange : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT010", "number-out-of-range", Severity.Warning, "A number does not fit a 64-bit integer or a double.")
        {
            Why = "Readers round it, turn it into infinity, or fail.",
            Hint = "Write it as a string.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"metadata":{"n":1e999}}""",
        };

    public override void CheckText(Row row, FindingSink sink)
    {
        JsonTape tape = row.Source;
        for (int token = 0; (tape.Flags & JsonFlags.LongNumber) != 0 && token < tape.Count; token++)
        {
            if (
                (tape[token].Flags & JsonFlags.LongNumber) != 0
                && JsonNumber.RangeProblem(tape.Raw(token)) is { } problem
            )
            {
                sink.AddSource(this, row, token, $"{Shown.Text(tape, token)} {problem}");
            }
        }
    }
}
