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
        HtmlPage page = new(heading, "mtt mask", Style);
        AddLegend(page, rows);
        page.AddTable(
            ["from", "field", "tokens", "supervised", "share"],
            summary.Select(line =>
                (string[])
                    [
                        line.Group,
                        line.Field,
                        Invariant($"{line.Tokens}"),
                        Invariant($"{line.Supervised}"),
                        Invariant($"{line.Share:P1}"),
                    ]
            )
        );
        AddFindings(page, findings);
        for (int i = 0; i < rows.Count; i++)
        {
            AddRow(page, rows[i], i);
        }

        return page.Add($"<div id=\"tip\" role=\"tooltip\" hidden></div>\n<script>{Script}</script>\n").Finish();
    }

    private static void AddLegend(HtmlPage page, IReadOnlyList<RowView> rows)
    {
        page.AddRaw("<p class=\"legend\">");
        IEnumerable<string> groups = rows.SelectMany(row => row.Tokens).Select(token => token.Group).Distinct();
        foreach (string group in groups.Order(StringComparer.Ordinal))
        {
            page.Add($"<span class=\"t {ClassOf(group)}\">{HtmlPage.Escape(group)}</span> ");
        }

        page.AddRaw("<span class=\"t assistant s\">supervised</span></p>\n");
    }

    private static void AddFindings(HtmlPage page, IReadOnlyList<string> findings)
    {
        if (findings.Count > 0)
        {
            IEnumerable<string> items = findings.Select(finding => $"<li>{HtmlPage.Escape(finding)}</li>\n");
            page.AddRaw($"<ul class=\"findings\">\n{string.Concat(items)}</ul>\n");
        }
    }

    private static void AddRow(HtmlPage page, RowView row, int index)
    {
        int supervised = row.Tokens.Count(token => token.Supervised);
        page.Add(
            $"<section id=\"row-{index}\"><h2>{HtmlPage.Escape(row.Title)} <small>{Counted.Of(row.Tokens.Count, "token")}, {supervised} supervised</small></h2>\n"
        );
        AddFindings(page, row.Findings);
        page.AddRaw("<pre>");
        foreach (TokenView token in row.Tokens)
        {
            page.AddRaw("<span class=\"t ")
                .AddRaw(ClassOf(token.Group))
                .AddRaw(token.Supervised ? " s\" data-t=\"" : "\" data-t=\"")
                .AddRaw(HtmlPage.Escape(Describe(token)))
                .AddRaw("\">")
                .AddRaw(HtmlPage.Escape(token.Text.Replace("\n", "↵\n", StringComparison.Ordinal)))
                .AddRaw("</span>");
        }

        page.AddRaw("</pre></section>\n");
    }

    private static string Describe(TokenView token)
    {
        string line = token.Line > 0 ? Invariant($" · template line {token.Line}") : "";
        string weight = token.Weight is 0 or 1 ? "" : Invariant($" · weight {token.Weight:0.###}");
        string origin = token.Origin is null ? "" : $" · {token.Origin}";
        return Invariant($"token {token.Id}{origin}{line}{(token.Supervised ? " · supervised" : "")}{weight}");
    }

    private static string ClassOf(string group) =>
        group is "system" or "developer" or "user" or "assistant" or "tool" or "tools" or "variable" or "computed"
            ? group
            : "literal";

    private const string Style = """

        small { font-weight: normal; opacity: .7; }
        pre { white-space: pre-wrap; overflow-wrap: anywhere; font: 13px/1.7 ui-monospace, monospace; border: 1px solid var(--line); border-radius: 6px; padding: .8rem; }
        tbody tr:last-child { font-weight: 600; }
        .t { border-radius: 2px; } pre .t:hover { outline: 2px solid currentColor; }
        .literal { color: #808080; } .variable { color: #0a7d8c; } .computed { color: #c0392b; } .system, .developer { color: #9b3fb5; }
        .user { color: #2b6cd4; } .assistant { color: #1d7f3c; } .tool { color: #a06a00; } .tools { color: #b58900; }
        .s { background: #1d7f3c2e; box-shadow: inset 0 -2px 0 #1d7f3c; }
        .findings li { color: #c0392b; }
        #tip { position: fixed; background: var(--ink); color: var(--paper); padding: .2rem .5rem; border-radius: 4px; font: 12px ui-monospace, monospace; pointer-events: none; max-width: 80vw; }

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
