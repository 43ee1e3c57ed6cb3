namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Writes row views to a terminal or a file, with colour where it is wanted.</summary>
internal static class RowText
{
    /// <summary>What making rows needs of a model's folder.</summary>
    public const string ModelNeeds = "Model folder: tokenizer.json and its chat template.";

    public static void Write(TextWriter writer, bool isRedirected, IReadOnlyList<RowView> rows)
    {
        bool colour = HasColour(isRedirected);
        writer.Write(TerminalView.Legend(rows, colour));
        foreach (RowView row in rows)
        {
            writer.Write('\n');
            writer.Write(TerminalView.Row(row, colour));
        }

        writer.Write('\n');
        writer.Write(TerminalView.Summary(MaskSummaryLine.Of(rows)));
    }

    /// <summary>Some tokens of a row, without a legend.</summary>
    public static void WriteTokens(TextWriter writer, bool isRedirected, RowView row) =>
        writer.Write(TerminalView.Row(row, HasColour(isRedirected)));

    // no-color.org and bixense.com/clicolors
    private static bool HasColour(bool isRedirected)
    {
        bool Set(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value && value != "0";
        return !Set("NO_COLOR")
            && (
                Set("CLICOLOR_FORCE")
                || Set("FORCE_COLOR")
                || (!isRedirected && Environment.GetEnvironmentVariable("TERM") is not "dumb")
            );
    }
}
