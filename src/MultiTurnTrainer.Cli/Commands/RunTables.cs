namespace MultiTurnTrainer.Cli.Commands;

/// <summary>The table of several runs: its order, and its files.</summary>
internal static class RunTables
{
    /// <summary>The table in the order of a column, the best first where nobody says which way.</summary>
    /// <param name="table">The table.</param>
    /// <param name="runs">The runs, which say what they are best compared by.</param>
    /// <param name="column">The column; null takes the most telling one.</param>
    /// <param name="descending">Whether the highest comes first; null where more is better.</param>
    public static ReportTable Sorted(
        ReportTable table,
        IReadOnlyList<RunFacts> runs,
        string? column,
        bool? descending = null
    )
    {
        string by = column ?? RunFacts.Metric(runs);
        return column is null && !table.Columns.Contains(by)
            ? table
            : table.SortedBy(by, descending ?? RunFacts.IsMoreBetter(by));
    }

    /// <summary>Writes the page, and the table as <c>.csv</c> and <c>.md</c> beside it; what another run is writing is left to it.</summary>
    public static void Write(string path, string title, ReportTable table, IReadOnlyList<RunFacts> runs, bool force)
    {
        // All names are looked at before any file appears.
        using OutputFile? page = Begin(path, ".html", force);
        using OutputFile? values = Begin(path, ".csv", force);
        using OutputFile? text = Begin(path, ".md", force);
        page?.Stream.Write(Encoding.UTF8.GetBytes(RunReport.Page(title, table, runs)));
        values?.Stream.Write(Encoding.UTF8.GetBytes(table.ToCsv()));
        text?.Stream.Write(Encoding.UTF8.GetBytes(table.ToMarkdown()));
        page?.Commit();
        values?.Commit();
        text?.Commit();
    }

    private static OutputFile? Begin(string path, string extension, bool force)
    {
        string name = Path.ChangeExtension(path, extension);
        OutputFile? file = OutputFile.TryCreate(name, force);
        if (file is null)
        {
            Console.Error.WriteLine(Printable.Of($"note: another run is writing {name}: it is left to that run"));
        }

        return file;
    }
}
