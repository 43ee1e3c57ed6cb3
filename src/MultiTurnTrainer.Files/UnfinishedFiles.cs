namespace MultiTurnTrainer.Files;

/// <summary>The temporary files of outputs that are being written.</summary>
public static class UnfinishedFiles
{
    private static readonly ConcurrentDictionary<string, bool> _paths = new(StringComparer.Ordinal);
    private static readonly List<PosixSignalRegistration> _registrations = [];

    /// <summary>
    /// From now on a signal that ends the process removes them first. For commands that end at once; not for those that
    /// take a signal as a request to save, whose files are still wanted.
    /// </summary>
    public static void RemoveOnSignals()
    {
        if (_registrations.Count == 0)
        {
            _registrations.AddRange(
                new[] { PosixSignal.SIGINT, PosixSignal.SIGTERM, PosixSignal.SIGHUP }.Select(signal =>
                    PosixSignalRegistration.Create(signal, _ => RemoveAll())
                )
            );
        }
    }

    internal static void Add(string path) => _paths[path] = true;

    internal static void Forget(string path) => _paths.TryRemove(path, out _);

    private static void RemoveAll()
    {
        foreach (string path in _paths.Keys)
        {
            try
            {
                File.Delete(path);
            }
            catch (Exception problem) when (OutputFile.IsFileSystem(problem))
            {
                // The next run to the same path removes what is left.
            }
        }
    }
}
