// Folder Pages: the shell, tables and plots of every page.
// Refuses to know: what is shown.

namespace MultiTurnTrainer.Files.Pages;

/// <summary>
/// The shell of every page that mtt writes: one file that loads nothing, light and dark, readable in ten years. Text is escaped;
/// numbers are written the same in every culture.
/// </summary>
public sealed class HtmlPage
{
    private const string Style = """
        :root{color-scheme:light dark;--ink:#1b1f24;--soft:#5d6672;--line:#d8dde3;--paper:#fff;
        --faint:#868e99;--c0:#2563eb;--c1:#b45309;--c2:#047857;--c3:#be185d;--c4:#7c3aed;--c5:#0e7490}
        @media(prefers-color-scheme:dark){:root{--ink:#e6e8eb;--soft:#9aa3ad;--line:#343b44;--paper:#15181c;
        --faint:#6b7580;--c0:#60a5fa;--c1:#fbbf24;--c2:#34d399;--c3:#f472b6;--c4:#a78bfa;--c5:#22d3ee}}
        body{font:15px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:1280px;margin:2rem auto;padding:0 1rem}
        h1{font-size:1.4rem;overflow-wrap:anywhere}h2{font-size:1.05rem;margin:2rem 0 .4rem}h3{font-size:1rem}
        table{border-collapse:collapse;font-variant-numeric:tabular-nums}
        th,td{text-align:right;vertical-align:top;padding:.2rem .9rem .2rem 0;border-bottom:1px solid var(--line);font-weight:400}
        th{color:var(--soft)}th:first-child,td:first-child,.text{text-align:left}.facts td{text-align:left;overflow-wrap:anywhere}
        .grid{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(380px,100%),1fr));gap:1rem 2rem;margin:1rem 0}
        figure{margin:0;border:1px solid var(--line);border-radius:8px;padding:.7rem}figcaption{font-weight:600}
        svg{width:100%;height:auto}svg text{font-size:14px;fill:var(--soft)}svg .rule{stroke:var(--line)}
        polyline{fill:none;stroke-width:2}polyline.faint{stroke:var(--faint);stroke-width:1}circle{fill:var(--paper);stroke-width:2}
        .legend{margin:.2rem 0 0}.legend span{margin-right:1rem;font-size:14px}span.faint{color:var(--soft)}
        polyline.c0,circle.c0{stroke:var(--c0)}polyline.c1,circle.c1{stroke:var(--c1)}polyline.c2,circle.c2{stroke:var(--c2)}
        polyline.c3,circle.c3{stroke:var(--c3)}polyline.c4,circle.c4{stroke:var(--c4)}polyline.c5,circle.c5{stroke:var(--c5)}
        rect.c0{fill:var(--c0)}rect.c1{fill:var(--c1)}rect.c2{fill:var(--c2)}rect.c3{fill:var(--c3)}rect.c4{fill:var(--c4)}rect.c5{fill:var(--c5)}
        .texts{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(15rem,100%),1fr));gap:.6rem;margin:.6rem 0}
        .texts>div{border:1px solid var(--line);border-radius:6px;padding:.4rem .7rem;min-width:0}
        .texts h4,.folded{margin:0;font-size:.85rem;font-weight:400;color:var(--soft)}.folded .words{color:var(--ink);margin:.4rem 0}
        .words{white-space:pre-wrap;overflow-wrap:anywhere}summary{cursor:pointer;overflow-wrap:anywhere}
        .wide{overflow-x:auto}.sortable th[tabindex]{cursor:pointer;text-decoration:underline dotted}
        .sortable th[aria-sort=ascending]::after{content:" ▲"}.sortable th[aria-sort=descending]::after{content:" ▼"}
        .wide input,.wide button{font:inherit;margin:0 .5rem .5rem 0}
        span.c0{color:var(--c0)}span.c1{color:var(--c1)}span.c2{color:var(--c2)}span.c3{color:var(--c3)}span.c4{color:var(--c4)}span.c5{color:var(--c5)}
        """;

    private readonly StringBuilder _body = new();
    private readonly string _title;
    private string _style;
    private string _script = "";

    /// <summary>Begins a page with its heading.</summary>
    /// <param name="heading">What the page shows.</param>
    /// <param name="command">The command that wrote it, named in the title beside the heading; null where the heading says so.</param>
    /// <param name="style">Further style rules.</param>
    public HtmlPage(string heading, string? command = null, string style = "")
    {
        _title = command is null ? heading : $"{heading} · {command}";
        _style = style;
        Add($"<h1>{Escape(heading)}</h1>\n");
    }

    /// <summary>Text that may stand anywhere in a page.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>Adds HTML; what is inserted must be escaped already.</summary>
    public HtmlPage Add(FormattableString html) => AddRaw(html.ToString(CultureInfo.InvariantCulture));

    /// <summary>Adds finished HTML.</summary>
    public HtmlPage AddRaw(string html)
    {
        _body.Append(html);
        return this;
    }

    /// <summary>Adds a paragraph of text.</summary>
    public HtmlPage AddText(string text) => Add($"<p>{Escape(text)}</p>\n");

    /// <summary>Adds a table; the first column is text, the others are numbers.</summary>
    /// <param name="columns">The headings.</param>
    /// <param name="rows">The cells, as text.</param>
    public HtmlPage AddTable(IEnumerable<string> columns, IEnumerable<IEnumerable<string>> rows)
    {
        // A narrow window scrolls a table, not the page.
        AddRaw("<div class=\"wide\" tabindex=\"0\"><table><thead><tr>")
            .AddCells("th", columns)
            .AddRaw("</tr></thead><tbody>\n");
        foreach (IEnumerable<string> row in rows)
        {
            AddRaw("<tr>").AddCells("td", row).AddRaw("</tr>\n");
        }

        return AddRaw("</tbody></table></div>\n");
    }

    /// <summary>Adds texts side by side, each under its title, as they were written.</summary>
    public HtmlPage AddTexts(IEnumerable<(string Title, string Text)> texts)
    {
        AddRaw("<div class=\"texts\">");
        foreach ((string title, string text) in texts)
        {
            Add(
                $"<div><h4>{Escape(title)}</h4><div class=\"words\">{(text.Length > 0 ? Escape(text) : "(nothing)")}</div></div>"
            );
        }

        return AddRaw("</div>\n");
    }

    /// <summary>Adds a text of which only the end is seen until it is opened.</summary>
    /// <param name="title">What it is.</param>
    /// <param name="text">The text.</param>
    /// <param name="shown">How many characters of its end are seen.</param>
    public HtmlPage AddFolded(string title, string text, int shown)
    {
        string line = string.Join(' ', text.Split((char[]?)null, StringSplitOptions.RemoveEmptyEntries));
        return Add(
            $"<details class=\"folded\"><summary>{Escape(title)}: {Escape(Printable.End(line, shown))}</summary><div class=\"words\">{Escape(text)}</div></details>\n"
        );
    }

    /// <summary>Adds plots side by side, as many as the window has room for.</summary>
    public HtmlPage AddPlots(IEnumerable<Plot> plots)
    {
        AddRaw("<div class=\"grid\">\n");
        foreach (Plot plot in plots)
        {
            plot.AddTo(this);
        }

        return AddRaw("</div>\n");
    }

    /// <summary>
    /// Adds a script, once; the page then allows this one and no other, and it must not hold the end of a script's element. Without
    /// scripts a page must say the same.
    /// </summary>
    public HtmlPage AddScript(string script)
    {
        if (!_script.Contains(script, StringComparison.Ordinal))
        {
            _script += script;
        }

        return this;
    }

    /// <summary>Adds style rules, once.</summary>
    internal HtmlPage AddStyle(string style)
    {
        if (!_style.Contains(style, StringComparison.Ordinal))
        {
            _style += style;
        }

        return this;
    }

    /// <summary>Adds a table of names and values under a heading.</summary>
    public HtmlPage AddFacts(string title, IEnumerable<(string Name, string Value)> rows)
    {
        Add($"<section><h2>{Escape(title)}</h2><table class=\"facts\">");
        foreach ((string name, string value) in rows)
        {
            Add($"<tr><th>{Escape(name)}</th><td>{Escape(value)}</td></tr>");
        }

        return AddRaw("</table></section>\n");
    }

    /// <summary>The style rules of the shell, for a server that gives them as a file of their own.</summary>
    public static string ShellStyle => Style;

    /// <summary>The whole page.</summary>
    /// <param name="head">
    /// Finished HTML for the head in place of the style rules: links to the files of a server whose pages hold no inline style or
    /// script. Null for a page that loads nothing.
    /// </param>
    public string Finish(string? head = null) =>
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
        + "<meta name=\"viewport\" content=\"width=device-width,initial-scale=1\">"
        + $"{Policy()}<title>{Escape(_title)}</title>{head ?? $"<style>{Style}{_style}</style>"}</head>\n<body>\n{_body}"
        + (_script.Length > 0 ? $"<script type=\"module\">{_script}</script>\n" : "")
        + "</body></html>\n";

    // A page without scripts needs no policy: everything in it is escaped.
    private string Policy()
    {
        if (_script.Length == 0)
        {
            return "";
        }

        OpenSsl.Require();
        string hash = Convert.ToBase64String(SHA256.HashData(Encoding.UTF8.GetBytes(_script)));
        return "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; form-action 'none'; "
            + $"style-src 'unsafe-inline'; script-src 'sha256-{hash}'\">";
    }

    private HtmlPage AddCells(string tag, IEnumerable<string> cells) =>
        AddRaw(string.Concat(cells.Select(cell => $"<{tag}>{Escape(cell)}</{tag}>")));
}
