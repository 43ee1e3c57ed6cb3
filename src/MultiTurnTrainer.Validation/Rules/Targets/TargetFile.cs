using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Targets;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>The service does not take such a file, or none so large.</summary>
internal sealed class TargetFile(ProviderTarget? target, IReadOnlyList<string> evaluation) : TargetRule(target)
{
    public override RuleInfo Info { get; } =
        new("MTT701", "target-file", Severity.Error, "The service takes no such file, or none so large.")
        {
            Why = "The upload is refused, often after its last byte.",
            Hint = "Write plain JSON lines to a file that ends in .jsonl, and split a file that is too large.",
        };

    public override void EndFile(string file, FindingSink sink)
    {
        if (!File.Exists(file))
        {
            return;
        }

        if (!file.EndsWith(".jsonl", StringComparison.OrdinalIgnoreCase))
        {
            sink.AddFile(Info, file, 1, $"{Target.Name} takes files that end in .jsonl, not packed ones");
        }

        long most = evaluation.Contains(file) ? Target.MaxEvaluationBytes ?? Target.MaxBytes : Target.MaxBytes;
        long bytes = new FileInfo(file).Length;
        if (bytes > most)
        {
            sink.AddFile(Info, file, 1, Invariant($"the file has {bytes:N0} bytes, {Target.Name} takes {most:N0}"));
        }
    }
}
