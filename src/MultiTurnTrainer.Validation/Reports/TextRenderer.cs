using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>For people: a line a finding, at most twenty of a code, then the counts by code.</summary>
internal sealed class TextRenderer(TextWriter output) : FindingRenderer
{
    private const int MostOfACode = 20;
    private static readonly Table _codes = new("{0,8}  {1}  {2,-22} {3}\n");
    private static readonly Table _fixes = new("{0,8}  fixed   {1}\n");
    private readonly Dictionary<string, int> _shown = new(StringComparer.Ordinal);

    public override void Begin() { }

    public override void Write(Finding finding)
    {
        int shown = _shown.GetValueOrDefault(finding.Code);
        if (shown == MostOfACode)
        {
            return;
        }

        _shown[finding.Code] = shown + 1;
        string path = finding.Path is null ? "" : $"{finding.Path}: ";
        string text = $"{finding.Severity.GetName()} {finding.Code} {path}{finding.Message}";
        output.Write(Invariant($"{Printable.Line(finding.File)}:{finding.Line}: {Printable.Line(text)}\n"));
        if (finding.Hint is not null && shown == 0)
        {
            output.Write($"    hint: {Printable.Line(finding.Hint)}\n");
        }
    }

    public override void End(ValidationSummary summary)
    {
        if (summary.ByCode.Count > 0)
        {
            output.Write("\n");
        }

        foreach ((string code, long count) in summary.ByCode)
        {
            RuleInfo rule = Catalogue.Get(code);
            string more = count > MostOfACode ? $"  (first {MostOfACode} shown; --format json has all)" : "";
            output.Write(_codes.Line(count, code, rule.Name, $"{rule.Summary}{more}"));
        }

        foreach ((string fix, long rows) in summary.Fixes)
        {
            output.Write(_fixes.Line(rows, fix));
        }

        summary.Notes.ForEach(note => output.Write($"note: {Printable.Line(note)}\n"));
        output.Write($"{(summary.ByCode.Count > 0 ? "\n" : "")}{Total(summary)}\n");
    }

    /// <summary>The last line.</summary>
    public static string Total(ValidationSummary summary)
    {
        string formats = string.Join(", ", summary.Formats.Select(format => $"{format.Key} {Count(format.Value)}"));
        // None, or errors of a file as a whole, which stand in no row.
        string where = summary.BadRows == 0 ? "" : $" in {Counted.Of(summary.BadRows, "row")}";
        string found =
            summary.Errors + summary.Warnings + summary.Infos == 0
                ? "no findings"
                : $"{Counted.Of(summary.Errors, "error")}{where}, {Counted.Of(summary.Warnings, "warning")}, {Counted.Of(summary.Infos, "info")}";
        string stopped = summary.Stopped ? "; stopped at --max-errors, the rest was not read" : "";
        return $"{Counted.Of(summary.Rows, "row")} in {Counted.Of(summary.Files, "file")}"
            + $"{(formats.Length > 0 ? $" ({formats})" : "")}: {found}{stopped}";
    }

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
