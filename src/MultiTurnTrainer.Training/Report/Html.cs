using System.Net;

namespace MultiTurnTrainer.Training.Report;

/// <summary>Pieces of HTML.</summary>
internal static class Html
{
    /// <summary>Text that may stand anywhere in a page.</summary>
    public static string Escape(string text) => WebUtility.HtmlEncode(text);

    /// <summary>A table of names and values.</summary>
    public static string Table(string title, IEnumerable<(string Name, string Value)> rows) =>
        $"<section><h2>{Escape(title)}</h2><table>"
        + string.Concat(rows.Select(row => $"<tr><th>{Escape(row.Name)}</th><td>{Escape(row.Value)}</td></tr>"))
        + "</table></section>\n";
}
