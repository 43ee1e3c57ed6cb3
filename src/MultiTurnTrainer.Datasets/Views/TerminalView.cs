namespace MultiTurnTrainer.Datasets.Views;

/// <summary>
/// Rows as text for a terminal: colour says where a token came from, reverse video that it is supervised. Without colour
/// supervised stretches stand between ⟦ and ⟧.
/// </summary>
public static class TerminalView
{
    private const string Reset = "\u001b[0m";

    private static readonly Table _summary = new(
        "{0,-12} {1,-16} {2,10} {3,10} {4,7:P1}\n",
        ["from", "field", "tokens", "supervised", "share"]
    );

    /// <summary>One row with its findings.</summary>
    public static string Row(RowView row, bool colour)
    {
        StringBuilder text = new();
        int supervised = row.Tokens.Count(token => token.Supervised);
        text.Append(
            CultureInfo.InvariantCulture,
            $"{(colour ? "\u001b[1m" : "")}── {Printable.Line(row.Title)} · {Counted.Of(row.Tokens.Count, "token")}, {supervised} supervised{(colour ? Reset : "")}\n"
        );
        bool open = false;
        foreach (TokenView token in row.Tokens)
        {
            if (!colour && token.Supervised != open)
            {
                text.Append(open ? '⟧' : '⟦');
                open = !open;
            }

            Append(text, token, colour);
        }

        text.Append(open ? "⟧\n" : "\n");
        foreach ((int message, string role, int all, int own) in row.Messages)
        {
            text.Append(
                CultureInfo.InvariantCulture,
                $"  messages[{message}] {Visible(role)}: {own} of {Counted.Of(all, "token")} supervised\n"
            );
        }

        foreach (string finding in row.Findings)
        {
            text.Append("  ! ").Append(Printable.Line(finding)).Append('\n');
        }

        return colour ? text.ToString() : WithoutCommands(text.ToString());
    }

    // ::command:: of GitHub, ##[command] and ##vso[command] of Azure: no line of a text may begin as one.
    private static readonly string[] _commands = ["::", "##[", "##vso["];

    private static string WithoutCommands(string text) =>
        string.Join(
            '\n',
            text.Split('\n')
                .Select(line =>
                {
                    string said = line.TrimStart();
                    bool isCommand = _commands.Any(start => said.StartsWith(start, StringComparison.Ordinal));
                    return isCommand ? line[..^said.Length] + Printable.Escaped(said[0]) + said[1..] : line;
                })
        );

    /// <summary>The meaning of the colours, one line.</summary>
    public static string Legend(IEnumerable<RowView> rows, bool colour)
    {
        if (!colour)
        {
            return "supervised: between ⟦ and ⟧\n";
        }

        IEnumerable<string> groups = rows.SelectMany(row => row.Tokens).Select(token => token.Group).Distinct();
        return string.Join(
                ' ',
                groups.Order(StringComparer.Ordinal).Select(group => Style(group, false) + group + Reset)
            ) + $" · supervised: {Style("assistant", true)}reversed{Reset}\n";
    }

    /// <summary>The summary per role and field as an aligned table.</summary>
    public static string Summary(IReadOnlyList<MaskSummaryLine> lines) =>
        _summary.Head
        + string.Concat(lines.Select(l => _summary.Line(l.Group, l.Field, l.Tokens, l.Supervised, l.Share)));

    private static void Append(StringBuilder text, TokenView token, bool colour)
    {
        if (token.Text.Length == 0)
        {
            return;
        }

        // A line break inside reverse video would colour the rest of the line.
        string[] lines = Visible(token.Text).Split('\n');
        for (int i = 0; i < lines.Length; i++)
        {
            if (i > 0)
            {
                text.Append(colour ? $"{Style(token.Group, token.Supervised)}↵{Reset}\n" : "\n");
            }

            if (lines[i].Length > 0)
            {
                text.Append(colour ? Style(token.Group, token.Supervised) + lines[i] + Reset : lines[i]);
            }
        }
    }

    // Data may hold escape sequences; a terminal must never obey them.
    private static string Visible(string text)
    {
        StringBuilder? clean = null;
        for (int i = 0; i < text.Length; i++)
        {
            char c = text[i];
            bool harmful = Printable.IsHarmful(c) && c is not ('\n' or '\t');
            if (harmful)
            {
                clean ??= new StringBuilder(text, 0, i, text.Length);
            }

            clean?.Append(harmful ? (c < 0x20 ? (char)(0x2400 + c) : '\uFFFD') : c);
        }

        return clean?.ToString() ?? text;
    }

    private static string Style(string group, bool supervised)
    {
        string foreground = group switch
        {
            "system" or "developer" => "35",
            "user" => "34",
            "assistant" => "32",
            "tool" => "33",
            "tools" => "33;2",
            "variable" => "36",
            "computed" => "31",
            _ => "90",
        };
        return supervised ? $"\u001b[{foreground};7m" : $"\u001b[{foreground}m";
    }
}
