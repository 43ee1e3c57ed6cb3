namespace MultiTurnTrainer.Files.Pages;

/// <summary>A cell of a <see cref="ReportTable"/>.</summary>
/// <param name="Text">What is shown.</param>
/// <param name="Number">What it is sorted by and exported as; null for a text.</param>
/// <param name="Spread">Half the width of the number's 95 % interval; null where there is none.</param>
public readonly record struct TableCell(string Text, double? Number = null, double? Spread = null)
{
    /// <summary>A text.</summary>
    public static implicit operator TableCell(string text) => new(text);
}

/// <summary>
/// The table of every comparison: as aligned text, Markdown, CSV, or on a page, where a click on a heading sorts it and a word typed
/// above it filters its rows.
/// </summary>
/// <param name="title">The heading.</param>
/// <param name="columns">Names of the columns.</param>
/// <param name="rows">As many cells a row.</param>
public sealed class ReportTable(
    string title,
    IReadOnlyList<string> columns,
    IReadOnlyList<IReadOnlyList<TableCell>> rows
)
{
    /// <summary>A table of texts.</summary>
    public ReportTable(string title, IReadOnlyList<string> columns, IReadOnlyList<IReadOnlyList<string>> rows)
        : this(title, columns, [.. rows.Select(row => row.Select(text => (TableCell)text).ToArray())]) { }

    /// <summary>The heading.</summary>
    public string Title => title;

    /// <summary>Names of the columns.</summary>
    public IReadOnlyList<string> Columns => columns;

    /// <summary>The rows.</summary>
    public IReadOnlyList<IReadOnlyList<TableCell>> Rows => rows;

    /// <summary>The rows in the order of a column; rows without a value there come last, and equal ones stay in their order.</summary>
    /// <exception cref="MttException">There is no such column.</exception>
    public ReportTable SortedBy(string column, bool descending)
    {
        int at = IndexOf(column);
        IOrderedEnumerable<IReadOnlyList<TableCell>> empty = rows.OrderBy(row => row[at].Text.Length == 0);
        return new ReportTable(
            title,
            columns,
            [
                .. descending
                    ? empty.ThenByDescending(row => row[at], Order.Instance)
                    : empty.ThenBy(row => row[at], Order.Instance),
            ]
        );
    }

    /// <summary>The rows for which a condition holds: <c>column=value</c>, or <c>!=</c>, <c>&lt;</c>, <c>&lt;=</c>, <c>&gt;</c>, <c>&gt;=</c> with a number.</summary>
    /// <exception cref="MttException">It is no condition, or there is no such column.</exception>
    public ReportTable Where(string condition)
    {
        TableCondition holds = TableCondition.Parse(condition);
        int at = IndexOf(holds.Column);
        return new ReportTable(title, columns, [.. rows.Where(row => holds.Keeps(row[at]))]);
    }

    /// <summary>Lines of text: the first column to the left, the others to the right.</summary>
    public string ToText()
    {
        string[][] lines =
        [
            .. rows.Select(row => row.Select(cell => Printable.Line(cell.Text)).ToArray())
                .Prepend([.. columns.Select(Printable.Line)]),
        ];
        int[] widths = [.. columns.Select((_, i) => lines.Max(line => line[i].Length))];
        return string.Concat(
            lines.Select(line =>
                string.Join("  ", line.Select((text, i) => i == 0 ? text.PadRight(widths[i]) : text.PadLeft(widths[i])))
                    .TrimEnd() + "\n"
            )
        );
    }

    /// <summary>A table in Markdown, without the heading.</summary>
    public string ToMarkdown() => Table.Markdown([.. columns], rows.Select(row => row.Select(cell => cell.Text)));

    /// <summary>Comma-separated values: numbers with all their digits, and a column <c>NAME_interval</c> beside each that has intervals.</summary>
    public string ToCsv()
    {
        bool[] spread = [.. columns.Select((_, i) => rows.Any(row => row[i].Spread is not null))];
        IEnumerable<string> head = columns.SelectMany(
            (name, i) => spread[i] ? [name, $"{name}_interval"] : new[] { name }
        );
        return Csv(head)
            + string.Concat(
                rows.Select(row =>
                    Csv(
                        row.SelectMany(
                            (cell, i) => spread[i] ? [Plain(cell), Plain(cell.Spread)] : new[] { Plain(cell) }
                        )
                    )
                )
            );
    }

    /// <summary>Adds the table under its heading, to be sorted and filtered by hand.</summary>
    public void AddTo(HtmlPage page)
    {
        if (title.Length > 0)
        {
            page.Add($"<h3>{HtmlPage.Escape(title)}</h3>\n");
        }

        page.AddRaw("<div class=\"wide\"><table class=\"sortable\"><thead><tr>");
        page.AddRaw(string.Concat(columns.Select(name => $"<th>{HtmlPage.Escape(name)}</th>")));
        page.AddRaw("</tr></thead><tbody>\n");
        foreach (IReadOnlyList<TableCell> row in rows)
        {
            page.AddRaw($"<tr>{string.Concat(row.Select(Html))}</tr>\n");
        }

        page.AddRaw("</tbody></table></div>\n").AddScript(SortingScript.Text);
    }

    private static string Html(TableCell cell) =>
        cell.Number is { } number
            ? Invariant($"<td data-v=\"{number:R}\">{HtmlPage.Escape(cell.Text)}</td>")
            : $"<td>{HtmlPage.Escape(cell.Text)}</td>";

    private int IndexOf(string column)
    {
        int at = columns.ToList().IndexOf(column);
        return at >= 0
            ? at
            : throw new MttException(
                $"the table has no column '{column}'",
                Nearest.To(column, columns) is { } near
                    ? $"Did you mean '{near}'?"
                    : $"Its columns: {string.Join(", ", columns)}."
            );
    }

    private static string Plain(TableCell cell) => cell.Number is { } number ? Plain(number) : cell.Text;

    private static string Plain(double? number) => Invariant($"{number:R}");

    private static string Csv(IEnumerable<string> cells) =>
        string.Join(
            ',',
            cells.Select(text =>
                text.AsSpan().IndexOfAny(",\"\r\n") >= 0
                    ? $"\"{text.Replace("\"", "\"\"", StringComparison.Ordinal)}\""
                    : text
            )
        ) + "\n";

    /// <summary>Numbers by their size, before texts by their letters.</summary>
    private sealed class Order : IComparer<TableCell>
    {
        public static Order Instance { get; } = new();

        public int Compare(TableCell one, TableCell other) =>
            (one.Number, other.Number) switch
            {
                ({ } a, { } b) => a.CompareTo(b),
                ({ }, null) => -1,
                (null, { }) => 1,
                _ => string.CompareOrdinal(one.Text, other.Text),
            };
    }
}
