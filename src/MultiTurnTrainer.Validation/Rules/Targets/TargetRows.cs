using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;
using MultiTurnTrainer.Validation.Targets;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A training file has fewer rows than the service takes.</summary>
internal sealed class TargetRows(ProviderTarget? target, IReadOnlyList<string> evaluation) : TargetRule(target)
{
    private long _rows;

    public override RuleInfo Info { get; } =
        new("MTT702", "target-rows", Severity.Error, "A training file has fewer rows than the service takes.")
        {
            Why = "The job is refused.",
            Hint = "Add conversations.",
        };

    public override void EndFile(string file, FindingSink sink)
    {
        if (_rows < Target.MinRows && !evaluation.Contains(file))
        {
            string rows = Counted.Of(_rows, "row");
            sink.AddFile(Info, file, 1, $"the file has {rows}, {Target.Name} takes {Target.MinRows} or more");
        }

        _rows = 0;
    }

    protected override void CheckRow(Row row, FindingSink sink) => _rows++;
}
