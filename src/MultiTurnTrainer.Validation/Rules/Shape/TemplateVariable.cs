using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A row gives the template a variable that it cannot have.</summary>
internal sealed class TemplateVariable : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT116", "template-variable", Severity.Error, "A row gives the template a variable that it cannot have.")
        {
            Why = "The template would see something else than the conversation, or nothing of what the row wants.",
            Hint = "Give \"chat_template_kwargs\" an object such as {\"enable_thinking\": false}.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"chat_template_kwargs":{"messages":[]}}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (RowProblem problem in row.Problems.Where(problem => problem.IsVariable))
        {
            sink.AddProblem(this, row, problem);
        }
    }
}
