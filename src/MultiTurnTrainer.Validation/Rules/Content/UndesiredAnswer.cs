using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>The row is labelled as an undesired answer (KTO).</summary>
internal sealed class UndesiredAnswer : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT410", "undesired-answer", Severity.Warning, "The row is labelled as an undesired answer (KTO).")
        {
            Why = "Supervised training on it teaches what people did not want.",
            Hint = "Leave it out: `mtt prepare --filter \"metadata.label != false\"`.",
            Bad =
                """{"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}],"label":false}""",
        };

    public override bool JudgesAnswers => true;

    public override void Check(Row row, FindingSink sink)
    {
        if (row.Source.Find(0, "label"u8) is >= 0 and int label && row.Source[label].Kind == JsonKind.False)
        {
            sink.AddSource(this, row, label, "the label is false");
        }
    }
}
