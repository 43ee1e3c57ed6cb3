namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Progress with time left and spend: one line that changes in a terminal, a line every ten seconds in a log.</summary>
/// <param name="items">What is counted, such as <c>dialogues</c>.</param>
internal sealed class RunProgressLine(string items) : IProgress<RunProgress>
{
    private readonly Lock _lock = new();
    private readonly bool _terminal = !Console.IsErrorRedirected;
    private TimeSpan _shown = TimeSpan.MinValue;
    private bool _open;

    public void Report(RunProgress value)
    {
        lock (_lock)
        {
            TimeSpan pause = TimeSpan.FromSeconds(_terminal ? 0.2 : 10);
            if (_shown != TimeSpan.MinValue && value.Elapsed - _shown < pause)
            {
                return;
            }

            _shown = value.Elapsed;
            string line = Invariant(
                $"{value.Done}/{value.Total} {items}, {value.Failed} left out, {ReviewText.Describe(value.Spent)}, {Clock(value.Elapsed)} gone, {(value.Remaining is { } left ? Clock(left) : "?")} left"
            );
            if (_terminal)
            {
                CleanWriter.Error.Write($"\r{Printable.Line(line)}\u001b[K");
                _open = true;
            }
            else
            {
                Console.Error.WriteLine(line);
            }
        }
    }

    /// <summary>Runs dialogues whose calls a journal keeps, and gives the exit code: an interrupted run says how it goes on.</summary>
    /// <param name="run">Ends the line before it writes.</param>
    public static async Task<int> OfDialoguesAsync(Func<RunProgressLine, Task<int>> run)
    {
        RunProgressLine progress = new("dialogues");
        try
        {
            return await run(progress);
        }
        catch (OperationCanceledException)
        {
            progress.End();
            Console.Error.WriteLine("interrupted; the finished calls are saved: run again with --resume");
            return ExitCode.Interrupted;
        }
        finally
        {
            progress.End();
        }
    }

    /// <summary>Ends the changing line.</summary>
    public void End()
    {
        lock (_lock)
        {
            if (_open)
            {
                Console.Error.WriteLine();
                _open = false;
            }
        }
    }

    private static string Clock(TimeSpan time) =>
        Invariant($"{(int)time.TotalHours}:{time.Minutes:00}:{time.Seconds:00}");
}
