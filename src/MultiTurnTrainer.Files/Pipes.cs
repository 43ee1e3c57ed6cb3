namespace MultiTurnTrainer.Files;

/// <summary>Tells pipes from files without waiting for a writer, as opening a pipe does.</summary>
public static partial class Pipes
{
    private const int NonBlocking = 0x800; // O_RDONLY | O_NONBLOCK on Linux
    private const int FromHere = 1; // SEEK_CUR

    /// <summary>Whether a path can be read only once: a named pipe, standard input, another process's descriptor.</summary>
    public static bool IsPipe(string path)
    {
        if (path.StartsWith("/dev/", StringComparison.Ordinal) || !OperatingSystem.IsLinux())
        {
            return path.StartsWith("/dev/", StringComparison.Ordinal);
        }

        int file = Open(path, NonBlocking);
        if (file < 0)
        {
            // Reading it will say what is wrong.
            return false;
        }

        bool seeks = Seek(file, 0, FromHere) >= 0;
        _ = Close(file);
        return !seeks;
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int Open(string path, int flags);

    [LibraryImport("libc", EntryPoint = "lseek")]
    private static partial long Seek(int file, long offset, int whence);

    [LibraryImport("libc", EntryPoint = "close")]
    private static partial int Close(int file);
}
