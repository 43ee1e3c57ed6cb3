namespace MultiTurnTrainer.Files.Pages;

/// <summary>A table: one line of text a row, a Markdown table, or (<see cref="HtmlPage.AddTable"/>) HTML.</summary>
/// <param name="layout">
/// How a line of text is laid out, as <see cref="string.Format(string, object[])"/> reads it: <c>{0,-24}{1,10:N1}</c> is a name of 24
/// characters to the left and a number of 10 to the right.
/// </param>
/// <param name="titles">The headings of the columns.</param>
public sealed class Table(string layout, params string[] titles)
{
    /// <summary>The headings, aligned as the cells below them.</summary>
    public string Head => Line(titles);

    /// <summary>A row as aligned text, without a line end.</summary>
    public string Line(params object?[] cells) =>
        string.Format(
            CultureInfo.InvariantCulture,
            layout,
            [.. cells.Select(cell => cell is string text ? Printable.Line(text) : cell)]
        );

    /// <summary>A table in Markdown.</summary>
    /// <param name="titles">The headings of the columns.</param>
    /// <param name="rows">The cells; a bar in them is escaped.</param>
    public static string Markdown(IReadOnlyCollection<string> titles, IEnumerable<IEnumerable<string>> rows) =>
        string.Concat(rows.Prepend(titles.Select(_ => "---")).Prepend(titles).Select(MarkdownLine));

    private static string MarkdownLine(IEnumerable<string> cells) =>
        $"| {string.Join(" | ", cells.Select(cell => Printable.Line(cell).Replace("|", "\\|", StringComparison.Ordinal)))} |\n";
}
