using System.Globalization;
using System.Net;
using System.Text;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Views;

/// <summary>
/// Rows as one self-contained page: colour says where a token came from, a frame that it is supervised, and the pointer
/// shows id, origin and template line. Loads nothing; all data is escaped.
/// </summary>
public static class HtmlView
{
    /// <summary>The page.</summary>
    /// <param name="heading">What was masked, such as the file and the model.</param>
    /// <param name="rows">The rows to show.</param>
    /// <param name="summary">Counts per role and field.</param>
    /// <param name="findings">What is wrong with the whole.</param>
    public static string Page(
        string heading,
        IReadOnlyList<RowView> rows,
        IReadOnlyList<MaskSummaryLine> summary,
        IReadOnlyList<string> findings
    )
    {
        StringBuilder html = new();
        html.Append("<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">\n");
        html.Append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
        html.Append(
            CultureInfo.InvariantCulture,
            $"<title>{Escape(heading)} · mtt mask</title>\n<style>{Style}</style></head>\n<body>\n"
        );
        html.Append(CultureInfo.InvariantCulture, $"<h1>{Escape(heading)}</h1>\n");
        AppendLegend(html, rows);
        AppendSummary(html, summary);
        AppendFindings(html, findings);
        for (int i = 0; i < rows.Count; i++)
        {
            AppendRow(html, rows[i], i);
        }

        html.Append(
            CultureInfo.InvariantCulture,
            $"<div id=\"tip\" role=\"tooltip\" hidden></div>\n<script>{Script}</script>\n</body></html>\n"
        );
        return html.ToString();
    }

    private static void AppendLegend(StringBuilder html, IReadOnlyList<RowView> rows)
    {
        html.Append("<p class=\"legend\">");
        IEnumerable<string> groups = rows.SelectMany(row => row.Tokens).Select(token => token.Group).Distinct();
        foreach (string group in groups.Order(StringComparer.Ordinal))
        {
            html.Append(CultureInfo.InvariantCulture, $"<span class=\"t {ClassOf(group)}\">{Escape(group)}</span> ");
        }

        html.Append("<span class=\"t assistant s\">supervised</span></p>\n");
    }

    private static void AppendSummary(StringBuilder html, IReadOnlyList<MaskSummaryLine> summary)
    {
        html.Append(
            "<table><thead><tr><th>from</th><th>field</th><th>tokens</th><th>supervised</th><th>share</th></tr></thead><tbody>\n"
        );
        foreach (MaskSummaryLine line in summary)
        {
            html.Append(
                CultureInfo.InvariantCulture,
                $"<tr><td><span class=\"t {ClassOf(line.Group)}\">{Escape(line.Group)}</span></td><td>{Escape(line.Field)}</td>"
                    + $"<td>{line.Tokens}</td><td>{line.Supervised}</td><td>{line.Share:P1}</td></tr>\n"
            );
        }

        html.Append("</tbody></table>\n");
    }

    private static void AppendFindings(StringBuilder html, IReadOnlyList<string> findings)
    {
        if (findings.Count == 0)
        {
            return;
        }

        html.Append("<ul class=\"findings\">\n");
        foreach (string finding in findings)
        {
            html.Append(CultureInfo.InvariantCulture, $"<li>{Escape(finding)}</li>\n");
        }

        html.Append("</ul>\n");
    }

    private static void AppendRow(StringBuilder html, RowView row, int index)
    {
        int supervised = row.Tokens.Count(token => token.Supervised);
        html.Append(
            CultureInfo.InvariantCulture,
            $"<section id=\"row-{index}\"><h2>{Escape(row.Title)} <small>{Counted.Of(row.Tokens.Count, "token")}, {supervised} supervised</small></h2>\n"
        );
        AppendFindings(html, row.Findings);
        html.Append("<pre>");
        foreach (TokenView token in row.Tokens)
        {
            AppendToken(html, token);
        }

        html.Append("</pre></section>\n");
    }

    private static void AppendToken(StringBuilder html, TokenView token)
    {
        html.Append("<span class=\"t ").Append(ClassOf(token.Group));
        if (token.Supervised)
        {
            html.Append(" s");
        }

        html.Append(CultureInfo.InvariantCulture, $"\" data-t=\"{Escape(Describe(token))}\">");
        html.Append(token.Text.Length == 0 ? "" : Escape(Visible(token.Text))).Append("</span>");
    }

    private static string Describe(TokenView token)
    {
        string line =
            token.Line > 0 ? string.Create(CultureInfo.InvariantCulture, $" · template line {token.Line}") : "";
        string weight = token.Weight is 0 or 1
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $" · weight {token.Weight:0.###}");
        string origin = token.Origin is null ? "" : $" · {token.Origin}";
        return string.Create(
            CultureInfo.InvariantCulture,
            $"token {token.Id}{origin}{line}{(token.Supervised ? " · supervised" : "")}{weight}"
        );
    }

    private static string Visible(string text) => text.Replace("\n", "↵\n", StringComparison.Ordinal);

    private static string ClassOf(string group) =>
        group is "system" or "developer" or "user" or "assistant" or "tool" or "tools" or "variable" or "computed"
            ? group
            : "literal";

    private static string Escape(string text) => WebUtility.HtmlEncode(text);

    private const string Style = """

        :root { color-scheme: light dark; --fg: #1a1a1a; --bg: #fff; --line: #ccc; }
        @media (prefers-color-scheme: dark) { :root { --fg: #e8e8e8; --bg: #16181c; --line: #444; } }
        body { font: 15px/1.5 system-ui, sans-serif; color: var(--fg); background: var(--bg); margin: 2rem auto; max-width: 70rem; padding: 0 1rem; }
        h1 { font-size: 1.3rem; overflow-wrap: anywhere; } h2 { font-size: 1rem; margin: 2rem 0 .5rem; } small { font-weight: normal; opacity: .7; }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.7 ui-monospace, monospace; border: 1px solid var(--line); border-radius: 6px; padding: .8rem; }
        table { border-collapse: collapse; font-variant-numeric: tabular-nums; } th, td { text-align: left; padding: .15rem .8rem .15rem 0; }
        td:nth-child(n+3), th:nth-child(n+3) { text-align: right; } tbody tr:last-child { border-top: 1px solid var(--line); font-weight: 600; }
        .t { border-radius: 2px; } pre .t:hover { outline: 2px solid currentColor; }
        .literal { color: #808080; } .variable { color: #0a7d8c; } .computed { color: #c0392b; } .system, .developer { color: #9b3fb5; }
        .user { color: #2b6cd4; } .assistant { color: #1d7f3c; } .tool { color: #a06a00; } .tools { color: #b58900; }
        .s { background: #1d7f3c2e; box-shadow: inset 0 -2px 0 #1d7f3c; }
        .findings li { color: #c0392b; }
        #tip { position: fixed; background: var(--fg); color: var(--bg); padding: .2rem .5rem; border-radius: 4px; font: 12px ui-monospace, monospace; pointer-events: none; max-width: 80vw; }

        """;

    private const string Script = """

        const tip = document.getElementById('tip');
        document.addEventListener('mouseover', (event) => {
          const text = event.target.dataset && event.target.dataset.t;
          tip.hidden = !text;
          if (text) tip.textContent = text;
        });
        document.addEventListener('mousemove', (event) => {
          tip.style.left = Math.min(event.clientX + 12, innerWidth - tip.offsetWidth - 8) + 'px';
          tip.style.top = event.clientY + 18 + 'px';
        });

        """;
}
