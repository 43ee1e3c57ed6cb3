using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>
/// GitHub Actions' workflow commands: annotations beside the lines of a pull request. GitHub shows ten of a step, so there are at most
/// ten, errors first; the step's summary counts every kind.
/// </summary>
internal sealed class GitHubRenderer(TextWriter output, ReportOptions options) : FindingRenderer
{
    private const int MostOfAStep = 10;
    private readonly Dictionary<Severity, List<Finding>> _firsts = [];
    private readonly SortedDictionary<string, Finding> _kinds = new(StringComparer.Ordinal);

    public override void Begin() { }

    public override void Write(Finding finding)
    {
        _kinds.TryAdd(finding.Code, finding);
        if (!_firsts.TryGetValue(finding.Severity, out List<Finding>? firsts))
        {
            _firsts[finding.Severity] = firsts = [];
        }

        if (firsts.Count < MostOfAStep)
        {
            firsts.Add(finding);
        }
    }

    public override void End(ValidationSummary summary)
    {
        Finding[] shown =
        [
            .. _firsts.OrderByDescending(pair => pair.Key).SelectMany(pair => pair.Value).Take(MostOfAStep),
        ];
        foreach (Finding finding in shown)
        {
            output.Write($"{Annotation(finding)}\n");
        }

        long others = summary.Errors + summary.Warnings + summary.Infos - shown.Length;
        output.Write(
            others == 0
                ? ""
                : $"{Counted.Of(others, "more finding")}: GitHub shows {MostOfAStep} of a step, its summary counts every kind\n"
        );
        output.Write($"{TextRenderer.Total(summary)}\n");
        if (options.StepSummary is { } page)
        {
            WriteSummary(page, summary);
        }
    }

    private static string Annotation(Finding finding)
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
        return $"::{level} {place}{column}{title}::{Data(text)}";
    }

    private void WriteSummary(TextWriter page, ValidationSummary summary)
    {
        page.Write($"### mtt validate\n\n{Escaped(TextRenderer.Total(summary))}\n\n");
        if (_kinds.Count == 0)
        {
            return;
        }

        page.Write("| count | severity | finding | what | first |\n|---:|---|---|---|---|\n");
        foreach ((string code, Finding first) in _kinds)
        {
            RuleInfo rule = Catalogue.Get(code);
            string place = Invariant($"{Printable.Line(first.File)}:{first.Line}");
            string path = first.Path is null ? "" : $" {Printable.Line(first.Path)}";
            string name = $"{code} {rule.Name}";
            string finding = options.HelpOf(rule) is { } help ? $"[{name}]({help})" : name;
            page.Write(
                Invariant(
                    $"| {summary.ByCode[code]} | {first.Severity.GetName()} | {finding} | {Escaped(rule.Summary)} | {Escaped(place + path)} |\n"
                )
            );
        }

        page.Write(options.Documentation is null ? "\n`mtt explain CODE` says more.\n\n" : "\n");
    }

    // What data holds is text in Markdown: no markup, no tags, no cell of its own.
    private static string Escaped(string text) =>
        string.Concat(
            text.Select(c =>
                c is '<' or '>' or '&' or '|' or '`' or '[' or ']' or '*' or '_' or '\\' or '!'
                    ? Invariant($"&#{(int)c};")
                    : c.ToString()
            )
        );

    // The escapes of @actions/core's command.ts, as the runner undoes them.
    private static string Data(string text) =>
        text.Replace("%", "%25", StringComparison.Ordinal)
            .Replace("\r", "%0D", StringComparison.Ordinal)
            .Replace("\n", "%0A", StringComparison.Ordinal);

    private static string Property(string text) =>
        Data(text).Replace(":", "%3A", StringComparison.Ordinal).Replace(",", "%2C", StringComparison.Ordinal);
}
