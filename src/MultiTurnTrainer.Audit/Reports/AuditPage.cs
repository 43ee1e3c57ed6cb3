using MultiTurnTrainer.Audit.Comparing;

namespace MultiTurnTrainer.Audit.Reports;

/// <summary>What an audit found as one self-contained page.</summary>
public static class AuditPage
{
    private const string Style = """
        pre{white-space:pre-wrap;overflow-wrap:anywhere;font:13px/1.7 ui-monospace,monospace;border:1px solid var(--line);border-radius:6px;padding:.6rem;margin:.3rem 0 1rem}
        .s{background:#be185d2e;box-shadow:inset 0 -2px 0 #be185d}.user{color:var(--c0)}.assistant{color:var(--c2)}.system{color:var(--c4)}.tool,.tools{color:var(--c1)}.literal{color:var(--soft)}
        """;

    /// <summary>The page.</summary>
    public static string Of(AuditReport report)
    {
        AuditCounts counts = report.Counts;
        HtmlPage page = new(report.Subject, "mtt audit", Style);
        page.AddFacts(
            "Compared",
            [
                ("conversations", Number(counts.Conversations)),
                ("rows", Number(counts.Rows)),
                ("rows in which nothing is wrong", Number(counts.RightRows)),
                ("tokens compared", Number(counts.Compared)),
                ("supervised by the trainer", Number(counts.Supervised)),
                ("of those the assistant's own", Number(counts.Right)),
            ]
        );
        page.AddRaw("<h2>Causes</h2>\n")
            .AddTable(
                ["cause", "is", "tokens", "answers", "rows", "allowed"],
                counts.Causes.Select(cause =>
                    (string[])
                        [
                            cause.Key.Name,
                            cause.Key.Meaning,
                            Number(cause.Value.Tokens),
                            Number(cause.Value.Answers),
                            Number(cause.Value.Rows),
                            report.IsAllowed(cause.Key) ? "yes" : "",
                        ]
                )
            )
            .AddRaw("<p>Marked in the examples: what the trainer supervises. Colours say whose the words are: ")
            .AddRaw(
                "<span class=\"assistant\">assistant</span> <span class=\"user\">user</span> <span class=\"system\">system</span> "
            )
            .AddRaw(
                "<span class=\"tool\">tools</span> <span class=\"literal\">the template, or nobody's</span>.</p>\n"
            );
        foreach ((AuditCause cause, CauseCount count) in counts.Causes)
        {
            page.Add($"<section><h2>{HtmlPage.Escape(cause.Name)}</h2>").AddText(cause.Meaning);
            foreach (AuditExample example in count.Examples)
            {
                AddExample(page, example);
            }

            page.AddRaw("</section>\n");
        }

        return page.Finish();
    }

    private static void AddExample(HtmlPage page, AuditExample example)
    {
        string detail = example.Detail.Length == 0 ? "" : $" — {example.Detail}";
        page.AddText(example.Place + detail);
        if (example.View is not { } view)
        {
            return;
        }

        page.AddRaw("<pre>");
        foreach (TokenView token in view.Tokens)
        {
            string text = HtmlPage.Escape(token.Text.Replace("\n", "↵\n", StringComparison.Ordinal));
            page.AddRaw($"<span class=\"{token.Group}{(token.Supervised ? " s" : "")}\">{text}</span>");
        }

        page.AddRaw("</pre>\n");
    }

    private static string Number(long count) => Invariant($"{count:N0}");
}
