using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>For people: a line an error, at most twenty of a code; a line a kind of warning, with its count; the counts of errors.</summary>
internal sealed class TextRenderer(TextWriter output, ReportOptions options) : FindingRenderer
{
    private const int MostOfACode = 20;
    private static readonly Table _codes = new("{0,8}  {1}  {2,-22} {3}\n");
    private static readonly Table _fixes = new("{0,8}  fixed   {1}\n");
    private readonly Dictionary<string, long> _errors = new(StringComparer.Ordinal);

    // Of warnings and infos, the first of each kind.
    private readonly SortedDictionary<string, Finding> _firsts = new(StringComparer.Ordinal);

    public override void Begin() { }

    public override void Write(Finding finding)
    {
        if (finding.Severity != Severity.Error)
        {
            _firsts.TryAdd(finding.Code, finding);
            return;
        }

        long before = _errors.GetValueOrDefault(finding.Code);
        _errors[finding.Code] = before + 1;
        if (before >= MostOfACode)
        {
            return;
        }

        output.Write($"{Line(finding)}\n");
        if (finding.Hint is not null && before == 0 && !options.Quiet)
        {
            output.Write($"    hint: {Printable.Line(finding.Hint)}\n");
        }
    }

    public override void End(ValidationSummary summary)
    {
        if (options.Quiet)
        {
            return;
        }

        foreach ((string code, Finding first) in _firsts)
        {
            long others = summary.ByCode[code] - _errors.GetValueOrDefault(code) - 1;
            output.Write($"{Line(first)}{(others == 0 ? "" : $" (and {Count(others)} more)")}\n");
        }

        string[] errors = [.. summary.ByCode.Keys.Where(_errors.ContainsKey)];
        output.Write(errors.Length > 0 ? "\n" : "");
        foreach (string code in errors)
        {
            RuleInfo rule = Catalogue.Get(code);
            long count = summary.ByCode[code];
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
        string known = summary.Known == 0 ? "" : $"; {Count(summary.Known)} of the baseline";
        string gone = summary.Gone == 0 ? "" : $"; {Count(summary.Gone)} of the baseline are gone, so write it again";
        string stopped = summary.Stopped ? "; stopped at --max-errors, the rest was not read" : "";
        return $"{Counted.Of(summary.Rows, "row")} in {Counted.Of(summary.Files, "file")}"
            + $"{(formats.Length > 0 ? $" ({formats})" : "")}: {found}{known}{gone}{stopped}";
    }

    /// <summary>A finding on one line: place, severity, code, path, message.</summary>
    public static string Plain(Finding finding)
    {
        string path = finding.Path is null ? "" : $"{finding.Path}: ";
        string text = $"{finding.Severity.GetName()} {finding.Code} {path}{finding.Message}";
        return Invariant($"{Printable.Line(finding.File)}:{finding.Line}: {Printable.Line(text)}");
    }

    // The place bold, the severity red, yellow or cyan.
    private string Line(Finding finding)
    {
        string line = Plain(finding);
        if (!options.Colour)
        {
            return line;
        }

        string name = finding.Severity.GetName();
        int place = Invariant($"{Printable.Line(finding.File)}:{finding.Line}:").Length;
        int colour = finding.Severity switch
        {
            Severity.Error => 31,
            Severity.Warning => 33,
            _ => 36,
        };
        return Invariant(
            $"\e[1m{line[..place]}\e[0m \e[{colour}m{name} {finding.Code}\e[0m{line[(place + 1 + name.Length + 1 + finding.Code.Length)..]}"
        );
    }

    private static string Count(long value) => value.ToString("N0", CultureInfo.InvariantCulture);
}
