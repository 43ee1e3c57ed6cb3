using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>GitHub Actions' workflow commands: annotations beside the lines of a pull request.</summary>
internal sealed class GitHubRenderer(TextWriter output) : FindingRenderer
{
    public override void Begin() { }

    public override void Write(Finding finding)
    {
        string level = finding.Severity switch
        {
            Severity.Error => "error",
            Severity.Warning => "warning",
            _ => "notice",
        };
        string place = Invariant($"file={Property(Printable.Line(finding.File))},line={finding.Line}");
        string column = finding.Column is { } at ? Invariant($",col={at}") : "";
        string title = $",title={Property($"{finding.Code} {Catalogue.Get(finding.Code).Name}")}";
        string path = finding.Path is null ? "" : $"{finding.Path}: ";
        string hint = finding.Hint is null ? "" : $"\n{Printable.Line(finding.Hint)}";
        string text = Printable.Line(path + finding.Message) + hint;
        output.Write($"::{level} {place}{column}{title}::{Data(text)}\n");
    }

    public override void End(ValidationSummary summary) => output.Write($"{TextRenderer.Total(summary)}\n");

    // The escapes of @actions/core's command.ts, as the runner undoes them.
    private static string Data(string text) =>
        text.Replace("%", "%25", StringComparison.Ordinal)
            .Replace("\r", "%0D", StringComparison.Ordinal)
            .Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) =>
        Data(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}
