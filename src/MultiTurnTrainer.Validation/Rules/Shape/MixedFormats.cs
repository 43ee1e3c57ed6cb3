using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Rows;

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>A file holds rows of several formats.</summary>
internal sealed class MixedFormats : Rule
{
    public override RuleInfo Info { get; } =
        new("MTT115", "mixed-formats", Severity.Warning, "A file holds rows of several formats.")
        {
            Why = "Every row is converted, but a file that changes its shape is mostly two exports glued together.",
            Hint = "Look at the line named; `mtt validate --explain-format` shows the format of every row.",
            Bad = """
                {"messages":[{"role":"user","content":"hi"},{"role":"assistant","content":"hello"}]}
                {"conversations":[{"from":"human","value":"hi"},{"from":"gpt","value":"hello"}]}
                """,
        };

    private string? _first;
    private bool _said;

    public override void Check(Row row, FindingSink sink)
    {
        string format = row.Format!.Name;
        _first ??= format;
        if (!_said && format != _first)
        {
            _said = true;
            sink.Add(this, row, 0, $"this row is {format}, the file began with {_first} (reported once a file)");
        }
    }

    public override void EndFile(string file, FindingSink sink) => (_first, _said) = (null, false);
}
