namespace MultiTurnTrainer.Cli.Settings;

/// <summary>Lets <c>mtt train</c> take conversations where it takes token rows: they are masked on the way.</summary>
internal static class TrainingRows
{
    /// <summary>The request with a reader that knows both.</summary>
    public static TrainRequest AddTo(TrainRequest request, TextWriter log) =>
        request with
        {
            ReadRows = path => IsConversations(path) ? Mask(request, path, log) : TokenRowReader.Read(path),
        };

    // A file that is missing or empty is left to the reader of rows, which says so.
    private static bool IsConversations(string path) =>
        InputFile.Exists(path) && InputFile.Length(path) > 0 && !TokenRowReader.IsTokenRows(path);

    private static bool LooksLikeTasks(string path)
    {
        using StreamReader reader = new(InputFile.OpenRead(path));
        char[] head = new char[4096];
        return head.AsSpan(0, reader.ReadBlock(head)).Contains("\"shards\"", StringComparison.Ordinal);
    }

    private static List<TokenRow> Mask(TrainRequest request, string path, TextWriter log)
    {
        if (LooksLikeTasks(path))
        {
            log.WriteLine($"note: {path} looks like sharded tasks, which --objective maigo or ccopd learns from");
        }

        RowRun run = new(
            RowModel.Load(request.Model, request.Rows),
            request.Rows with
            {
                MaxLength = request.Train.MaxLength,
                Threads = request.Train.Threads ?? request.Rows.Threads,
            }
        )
        {
            NamesRows = true,
        };
        List<TokenRow> rows = [.. run.Read([path])];
        log.WriteLine(
            Printable.Of(
                $"masked     {path}: {Counted.Of(run.Counts.Conversations, "conversation")}, {Counted.Of(run.Counts.Rows, "row")}"
            )
        );
        foreach (string line in run.Counts.Lines)
        {
            log.WriteLine($"           {line}");
        }

        request.Masked.Add(run.Counts);
        return rows;
    }
}
