namespace MultiTurnTrainer.Documentation.Text;

/// <summary>Pages as text for a terminal: wrapped lines, lists and tables that fit the width, code as it stands.</summary>
public sealed class TerminalText
{
    private const string Indent = "    ";
    private readonly StringBuilder _text = new();
    private readonly int _width;

    private TerminalText(int width) => _width = width;

    /// <summary>A page, or one section of it with those below.</summary>
    /// <param name="document">The page.</param>
    /// <param name="anchor">The section; null for the whole page.</param>
    /// <param name="width">Characters of a line; code may be longer.</param>
    /// <returns>Null where the page has no such section.</returns>
    internal static string? Write(MarkdownDocument document, string? anchor, int width)
    {
        IReadOnlyList<Block> blocks = [.. document];
        if (anchor is not null)
        {
            blocks = Below(blocks, anchor);
            if (blocks.Count == 0)
            {
                return null;
            }
        }

        TerminalText text = new(width);
        text.AddAll(blocks, "");
        return text._text.ToString();
    }

    /// <summary>Words in lines that fit a width.</summary>
    /// <param name="text">The words.</param>
    /// <param name="width">Characters of a line.</param>
    /// <param name="first">What the first line begins with.</param>
    /// <param name="others">What the others begin with.</param>
    public static string Wrap(string text, int width, string first, string others)
    {
        StringBuilder lines = new(first);
        int used = first.Length;
        bool begins = true;
        foreach (string word in text.Split(' ', StringSplitOptions.RemoveEmptyEntries))
        {
            if (!begins && used + 1 + word.Length > width)
            {
                lines.Append('\n').Append(others);
                (used, begins) = (others.Length, true);
            }

            lines.Append(begins ? "" : " ").Append(word);
            used += word.Length + (begins ? 0 : 1);
            begins = false;
        }

        return lines.Append('\n').ToString();
    }

    private static List<Block> Below(IReadOnlyList<Block> blocks, string anchor)
    {
        List<Block> found = [];
        int level = 0;
        foreach (Block block in blocks)
        {
            if (block is HeadingBlock heading)
            {
                level =
                    PageMarkdown.Anchor(heading) == anchor ? heading.Level
                    : heading.Level <= level ? 0
                    : level;
            }

            if (level > 0)
            {
                found.Add(block);
            }
        }

        return found;
    }

    private void AddAll(IReadOnlyList<Block> blocks, string indent)
    {
        for (int i = 0; i < blocks.Count; i++)
        {
            Add(blocks[i], indent);
            if (i + 1 < blocks.Count)
            {
                _text.Append('\n');
            }
        }
    }

    private void Add(Block block, string indent)
    {
        switch (block)
        {
            case HeadingBlock heading:
                AddHeading(heading);
                break;
            case Table table:
                AddTable(table, indent);
                break;
            case ListBlock list:
                AddList(list, indent);
                break;
            case CodeBlock code:
                foreach (string line in code.Lines.ToString().TrimEnd('\n').Split('\n'))
                {
                    _text.Append($"{indent}{Indent}{line}".TrimEnd()).Append('\n');
                }

                break;
            case LeafBlock { Inline: { } inline }:
                _text.Append(Wrap(PlainText.Of(inline, keepCode: true), _width, indent, indent));
                break;
            case ContainerBlock container:
                AddAll([.. container], indent);
                break;
        }
    }

    private void AddHeading(HeadingBlock heading)
    {
        string words = PlainText.Of(heading.Inline!, keepCode: false);
        _text.Append(words).Append('\n');
        if (heading.Level < 3)
        {
            _text.Append(heading.Level == 1 ? '=' : '-', Math.Min(words.Length, _width)).Append('\n');
        }
    }

    private void AddList(ListBlock list, string indent)
    {
        int number = int.TryParse(list.OrderedStart, CultureInfo.InvariantCulture, out int start) ? start : 1;
        foreach (ListItemBlock item in list.OfType<ListItemBlock>())
        {
            string mark = list.IsOrdered ? $"{number++}. " : "- ";
            int begin = _text.Length;
            AddAll([.. item], indent + new string(' ', mark.Length));
            _text.Remove(begin, indent.Length + mark.Length).Insert(begin, indent + mark);
        }
    }

    private void AddTable(Table table, string indent)
    {
        string[][] rows =
        [
            .. table
                .OfType<TableRow>()
                .Select(row =>
                    (string[])
                        [
                            .. row.OfType<TableCell>()
                                .Select(cell =>
                                    string.Join(
                                        ' ',
                                        cell.OfType<ParagraphBlock>()
                                            .Select(text => PlainText.Of(text.Inline!, keepCode: true))
                                    )
                                ),
                        ]
                ),
        ];
        int[] widths =
        [
            .. Enumerable
                .Range(0, rows.Max(row => row.Length))
                .Select(i => rows.Max(row => row.ElementAtOrDefault(i)?.Length ?? 0)),
        ];
        bool fits = indent.Length + widths.Sum() + (2 * widths.Length) <= _width;
        foreach (string[] row in rows)
        {
            _text.Append(fits ? Aligned(row, widths, indent) : Stacked(row, rows[0], indent));
        }
    }

    private static string Aligned(string[] row, int[] widths, string indent) =>
        (indent + string.Concat(row.Select((cell, i) => cell.PadRight(widths[i] + 2)))).TrimEnd() + "\n";

    // Too wide for a line: the first cell, and the others below it, each behind its column's heading.
    private string Stacked(string[] row, string[] head, string indent)
    {
        if (ReferenceEquals(row, head))
        {
            return "";
        }

        StringBuilder text = new(Wrap(row[0], _width, indent, indent));
        for (int i = 1; i < row.Length; i++)
        {
            if (row[i].Length > 0)
            {
                string column = head[i].Length > 0 ? $"{head[i]}: " : "";
                text.Append(Wrap($"{column}{row[i]}", _width, indent + Indent, indent + Indent));
            }
        }

        return text.ToString();
    }
}
