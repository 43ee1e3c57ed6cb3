namespace MultiTurnTrainer.Cli.Commands;

/// <summary>Runs a check again whenever one of its files changes, appears or goes; by looking, which works on every file system.</summary>
internal static class InputWatch
{
    private static readonly TimeSpan _pause = TimeSpan.FromMilliseconds(200);

    /// <summary>Runs until a signal ends the process.</summary>
    /// <param name="files">The files to look at.</param>
    /// <param name="check">The check; what it throws is told, and the next change is waited for.</param>
    [DoesNotReturn]
    public static void Run(Func<IReadOnlyList<string>> files, Action check)
    {
        while (true)
        {
            Dictionary<string, (long, DateTime)> seen = Look(files);
            try
            {
                check();
            }
            catch (Exception problem) when (IsOfFiles(problem))
            {
                ErrorReport.Write(problem, verbose: false);
            }

            Dictionary<string, (long, DateTime)> now;
            do
            {
                Thread.Sleep(_pause);
                now = Look(files);
            } while (now.Count == seen.Count && !now.Except(seen).Any());

            IEnumerable<string> changed = now.Except(seen).Concat(seen.Except(now)).Select(pair => pair.Key).Distinct();
            Console.Error.WriteLine($"\nchanged: {string.Join(", ", changed.Select(Printable.Line))}");
        }
    }

    private static Dictionary<string, (long, DateTime)> Look(Func<IReadOnlyList<string>> files)
    {
        Dictionary<string, (long, DateTime)> states = [];
        try
        {
            foreach (string path in files())
            {
                FileInfo file = new(path);
                states[path] = file.Exists ? (file.Length, file.LastWriteTimeUtc) : (-1, default);
            }
        }
        catch (Exception problem) when (IsOfFiles(problem))
        {
            // A folder without files, or a file that went while it was looked at: seen as absent until it is there again.
        }

        return states;
    }

    private static bool IsOfFiles(Exception problem) =>
        problem is MttException or IOException or UnauthorizedAccessException;
}
