using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A text holds a mail address.</summary>
internal sealed class MailAddress : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT403", "mail-address", Severity.Warning, "A text holds a mail address.")
        {
            Why = "Models repeat what they were trained on, to anybody.",
            Hint = "Replace it, for example by user@example.com.",
            Bad =
                """{"messages":[{"role":"user","content":"Write to jane.doe@corp-mail.net"},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (TextToken text in row.Texts)
        {
            if ((text.Marks & TextMarks.At) != 0 && Patterns.Mail(text.Utf8) is { } masked)
            {
                sink.Add(this, row, text.Token, $"the text holds what looks like {masked}");
            }
        }
    }
}
