using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A file holds no rows.</summary>
internal sealed class EmptyFile : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT012", "empty-file", Severity.Error, "A file holds no rows.")
        {
            Why = "Training on nothing succeeds without a word in most tools.",
            Hint = "Check that the export that wrote it has finished.",
        };
}
