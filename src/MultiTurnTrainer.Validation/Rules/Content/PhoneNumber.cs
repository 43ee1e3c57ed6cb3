using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A text holds a telephone number.</summary>
internal sealed class PhoneNumber : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT404", "phone-number", Severity.Warning, "A text holds a telephone number.")
        {
            Why = "Models repeat what they were trained on, to anybody.",
            Hint = "Replace it, for example by 555-0100.",
            Bad =
                """{"messages":[{"role":"user","content":"Call +49 30 1234 5678 now"},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (TextToken text in row.Texts)
        {
            if ((text.Marks & TextMarks.Number) != 0 && Patterns.Phone(text.Utf8) is { } masked)
            {
                sink.Add(this, row, text.Token, $"the text holds what looks like {masked}");
            }
        }
    }
}
