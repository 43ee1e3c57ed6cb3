using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A text holds what looks like a key or a token.</summary>
internal sealed class SecretKey : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT405", "secret-key", Severity.Warning, "A text holds what looks like a key or a token.")
        {
            Why = "A key in training data is a leaked key: revoke it.",
            Hint = "Revoke the key, then replace it in the data.",
            Bad =
                """{"messages":[{"role":"user","content":"my key is AKIAIOSFODNN7EXAMPLE"},{"role":"assistant","content":"hello"}]}""",
        };

    public override void Check(Row row, FindingSink sink)
    {
        foreach (TextToken text in row.Texts)
        {
            if ((text.Marks & TextMarks.Key) != 0 && Patterns.Secret(text.Utf8) is { } masked)
            {
                sink.Add(this, row, text.Token, $"the text holds what looks like {masked}");
            }
        }
    }
}
