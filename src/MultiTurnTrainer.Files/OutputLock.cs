namespace MultiTurnTrainer.Files;

/// <summary>
/// Keeps an output for one run at a time, in all processes of the machine. The system releases it when the process ends,
/// however it ends; the lock file, <c>.NAME.mtt-lock</c> beside the output, is removed by who held it.
/// </summary>
public sealed class OutputLock : IDisposable
{
    private const string Suffix = ".mtt-lock";

    private readonly string _path;
    private readonly SafeFileHandle _file;
    private readonly string? _emptyFolder;

    private OutputLock(string path, SafeFileHandle file, string? emptyFolder)
    {
        _path = path;
        _file = file;
        _emptyFolder = emptyFolder;
        UnfinishedFiles.Add(path);
    }

    /// <summary>Keeps an output file, or a folder that appears whole.</summary>
    /// <exception cref="MttException">Another run has it, or its folder cannot be written.</exception>
    public static OutputLock Take(string output) => TryTake(output) ?? throw Refusal(output);

    /// <summary>Keeps a folder that a run fills bit by bit; one that is still empty at the end is removed again.</summary>
    /// <exception cref="MttException">Another run has it, or it cannot be written.</exception>
    public static OutputLock TakeFolder(string folder) => TryTake(Path.Combine(folder, "run")) ?? throw Refusal(folder);

    /// <summary>Keeps an output, or returns null where another run has it.</summary>
    /// <exception cref="MttException">Its folder cannot be written.</exception>
    internal static OutputLock? TryTake(string output)
    {
        string full = Path.GetFullPath(output).TrimEnd('/');
        string folder = Path.GetDirectoryName(full) ?? "/";
        string path = Path.Combine(folder, $".{Path.GetFileName(full)}{Suffix}");
        try
        {
            bool fresh = !Directory.Exists(folder);
            Directory.CreateDirectory(folder);
            while (true)
            {
                SafeFileHandle file = PosixFile.Open(path, create: true);
                if (!PosixFile.Lock(file, wait: false))
                {
                    file.Dispose();
                    return null;
                }

                if (PosixFile.Status(file) is not { Links: 0 })
                {
                    return new OutputLock(path, file, fresh ? folder : null);
                }

                // Whoever held it removed it between the two calls.
                file.Dispose();
            }
        }
        catch (Exception problem) when (OutputFile.IsFileSystem(problem))
        {
            throw OutputFile.Explain(problem is FileNotFoundException ? folder : path, problem);
        }
    }

    /// <summary>Whether a file is a lock, and no output.</summary>
    public static bool IsLock(string path) => path.EndsWith(Suffix, StringComparison.Ordinal);

    /// <inheritdoc/>
    public void Dispose()
    {
        try
        {
            File.Delete(_path);
            if (_emptyFolder is not null && !Directory.EnumerateFileSystemEntries(_emptyFolder).Any())
            {
                Directory.Delete(_emptyFolder);
            }
        }
        catch (Exception problem) when (OutputFile.IsFileSystem(problem))
        {
            // Without its folder it is gone as well.
        }

        _file.Dispose();
        UnfinishedFiles.Forget(_path);
    }

    internal static MttException Refusal(string output) =>
        new($"{output}: another run is writing it", "Wait for that run or stop it, or name another output.");
}
