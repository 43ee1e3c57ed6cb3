using System.Globalization;
using System.Net;
using System.Text;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Statistics;

/// <summary>Statistics as one self-contained page: no script, nothing from the network.</summary>
public static class StatisticsPage
{
    private const string Style = """
        :root { color-scheme: light dark; --ink: #1d2329; --soft: #66717c; --line: #dfe4e8; --bar: #2f6f8f; --paper: #fff; }
        @media (prefers-color-scheme: dark) { :root { --ink: #e6eaee; --soft: #93a0ab; --line: #333c44; --bar: #6cb3d2; --paper: #14181c; } }
        body { font: 15px/1.45 system-ui, sans-serif; color: var(--ink); background: var(--paper); max-width: 1000px; margin: 2rem auto; padding: 0 1rem; }
        h1 { font-size: 1.4rem; } h2 { font-size: 1.05rem; margin-top: 2rem; }
        p, caption { color: var(--soft); }
        table { border-collapse: collapse; width: 100%; font-variant-numeric: tabular-nums; }
        th, td { text-align: right; padding: .25rem .6rem; border-bottom: 1px solid var(--line); }
        th:first-child, td:first-child { text-align: left; } td.text { text-align: left; }
        .plots { display: grid; grid-template-columns: repeat(auto-fit, minmax(380px, 1fr)); gap: 1rem 2rem; }
        figure { margin: 0; } figcaption { font-weight: 600; margin-bottom: .2rem; }
        svg { width: 100%; height: auto; } svg text { font-size: 11px; fill: var(--soft); }
        .bar { fill: var(--bar); } .line { fill: none; stroke: var(--bar); stroke-width: 2; } .dot { fill: var(--ink); }
        .axis { stroke: var(--soft); } .grid { stroke: var(--line); }
        """;

    /// <summary>The page.</summary>
    public static string Write(DatasetStatistics statistics, IReadOnlyList<string> files)
    {
        StringBuilder page = new();
        page.Append(
            "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<meta name=\"viewport\" content=\"width=device-width\">\n"
        );
        page.Append("<title>mtt stats</title>\n<style>\n").Append(Style).Append("\n</style>\n</head>\n<body>\n");
        page.Append("<h1>")
            .Append(WebUtility.HtmlEncode(string.Join(", ", files.Select(Path.GetFileName))))
            .Append("</h1>\n");
        Append(
            page,
            $"<p>{Counted.Of(statistics.Summary.Rows, "row")}, {statistics.Summary.BadRows:N0} with errors and left out below. Supervised {statistics.SupervisedShare:P1}, duplicates {statistics.DuplicateShare:P1}, with tools {statistics.WithTools:N0}, with reasoning {statistics.WithReasoning:N0}. Lengths in {statistics.Unit} {statistics.Measured}.</p>\n"
        );
        Plots(page, statistics);
        Lengths(page, statistics);
        Fields(page, statistics);
        Tools(page, statistics);
        Findings(page, statistics);
        Append(page, $"<p>mtt {Manifest.ToolVersion}</p>\n</body>\n</html>\n");
        return page.ToString();
    }

    private static void Plots(StringBuilder page, DatasetStatistics statistics)
    {
        page.Append("<div class=\"plots\">\n");
        foreach ((string name, Distribution lengths) in StatisticsTable.Rows(statistics))
        {
            bool turns = name == "turns a conversation";
            if (lengths.Count == 0 || name.StartsWith("message of ", StringComparison.Ordinal))
            {
                continue;
            }

            string unit = turns ? "turns" : statistics.Unit;
            string title = turns ? "Turns a conversation" : $"{char.ToUpperInvariant(name[0])}{name[1..]}, {unit}";
            Figure(page, title, Svg.Histogram(title, unit, lengths));
            if (!turns)
            {
                Figure(page, $"{title} by percentile", Svg.Percentiles(title, unit, lengths));
            }
        }

        page.Append("</div>\n");
    }

    private static void Figure(StringBuilder page, string title, string svg) =>
        page.Append("<figure><figcaption>").Append(title).Append("</figcaption>").Append(svg).Append("</figure>\n");

    private static void Lengths(StringBuilder page, DatasetStatistics statistics)
    {
        page.Append(
            "<h2>Lengths</h2>\n<table><tr><th></th><th>count</th><th>mean</th><th>p50</th><th>p90</th><th>p99</th><th>max</th></tr>\n"
        );
        foreach ((string name, Distribution lengths) in StatisticsTable.Rows(statistics))
        {
            Append(
                page,
                $"<tr><td>{name}</td><td>{lengths.Count:N0}</td><td>{lengths.Mean:N1}</td><td>{lengths.Percentile(0.5):N0}</td><td>{lengths.Percentile(0.9):N0}</td><td>{lengths.Percentile(0.99):N0}</td><td>{lengths.Max:N0}</td></tr>\n"
            );
        }

        page.Append("</table>\n");
        if (statistics.MaxLength is { } limit)
        {
            Append(
                page,
                $"<p>At {limit:N0} {statistics.Unit}, {Counted.Of(statistics.Truncated, "conversation loses", "conversations lose")} turns and {Counted.Of(statistics.Unfit, "does not", "do not")} fit at all.</p>\n"
            );
        }
    }

    private static void Fields(StringBuilder page, DatasetStatistics statistics)
    {
        Append(
            page,
            $"<h2>What is supervised</h2>\n<table><tr><th></th><th>{statistics.Unit}</th><th>supervised</th><th>share</th></tr>\n"
        );
        foreach ((string field, (long all, long supervised)) in statistics.Fields)
        {
            Append(
                page,
                $"<tr><td>{field}</td><td>{all:N0}</td><td>{supervised:N0}</td><td>{(all == 0 ? 0 : (double)supervised / all):P1}</td></tr>\n"
            );
        }

        page.Append("</table>\n");
    }

    private static void Tools(StringBuilder page, DatasetStatistics statistics)
    {
        if (statistics.CallCount == 0)
        {
            return;
        }

        page.Append("<h2>Tools</h2>\n<table><tr><th>tool</th><th>calls</th></tr>\n");
        foreach (
            (string tool, long calls) in statistics
                .Calls.OrderByDescending(pair => pair.Value)
                .ThenBy(pair => pair.Key, StringComparer.Ordinal)
                .Take(20)
        )
        {
            Append(page, $"<tr><td>{WebUtility.HtmlEncode(tool)}</td><td>{calls:N0}</td></tr>\n");
        }

        page.Append("</table>\n");
    }

    private static void Findings(StringBuilder page, DatasetStatistics statistics)
    {
        if (statistics.Summary.ByCode.Count == 0)
        {
            return;
        }

        page.Append("<h2>Findings</h2>\n<table><tr><th>code</th><th>count</th><th></th></tr>\n");
        foreach ((string code, long count) in statistics.Summary.ByCode)
        {
            Append(
                page,
                $"<tr><td>{code}</td><td>{count:N0}</td><td class=\"text\">{WebUtility.HtmlEncode(Catalogue.Get(code).Summary)}</td></tr>\n"
            );
        }

        page.Append("</table>\n");
    }

    private static void Append(StringBuilder page, FormattableString piece) =>
        page.Append(piece.ToString(CultureInfo.InvariantCulture));
}
