using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;
using MultiTurnTrainer.Validation.Targets;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A row is longer than what the service trains on.</summary>
internal sealed class TargetLength(ProviderTarget? target, IModelLimits? model) : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT707", "target-length", Severity.Warning, "A row is longer than what the service trains on.")
        {
            Why = "The service cuts it at its end, where the last answer stands.",
            Hint =
                "Split the conversation. Tokens are counted with --model, and estimated as a quarter of the bytes without.",
        };

    public override void Check(Row row, FindingSink sink)
    {
        // A token is at least one byte.
        if (target?.MaxTokens is not { } limit || row.Tape.Text.Length <= limit)
        {
            return;
        }

        long bytes = 0;
        long tokens = 0;
        foreach (TextToken text in row.Texts)
        {
            bytes += text.Utf8.Length;
            tokens += model?.CountTokens(text.Utf8) ?? 0;
        }

        long count = model is null ? bytes / 4 : tokens;
        if (count > limit)
        {
            string about = model is null ? "about " : "";
            sink.Add(
                this,
                row,
                0,
                Invariant($"the texts have {about}{count:N0} tokens, {target.Name} takes {limit:N0}")
            );
        }
    }
}
