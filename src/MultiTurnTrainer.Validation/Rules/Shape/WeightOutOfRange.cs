using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A weight is not a number from 0 to 1, or two keys contradict each other.</summary>
internal sealed class WeightOutOfRange : Rule
{
    public override RuleInfo Info { get; } =
        new(
            "MTT111",
            "weight-out-of-range",
            Severity.Error,
            "A weight is not a number from 0 to 1, or two keys contradict each other."
        )
        {
            Why = "A negative or huge weight turns the gradient around or drowns the other rows.",
            Hint = "Use numbers from 0 to 1, true or false; only their ratio matters.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello","weight":-1}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (RowProblem problem in row.Problems.Where(problem => !problem.IsVariable))
        {
            sink.AddProblem(this, row, problem);
        }
    }
}
