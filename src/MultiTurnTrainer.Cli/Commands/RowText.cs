namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Writes row views to a terminal or a file, with colour where it is wanted.</summary>
internal static class RowText
{
    /// <summary>What making rows needs of a model's folder.</summary>
    public const string ModelNeeds = "Model folder: tokenizer.json and its chat template.";

    public static void Write(TextWriter writer, bool colour, IReadOnlyList<RowView> rows)
    {
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
    public static void WriteTokens(TextWriter writer, bool colour, RowView row) =>
        writer.Write(TerminalView.Row(row, colour));
}
