namespace MultiTurnTrainer.Files;

/// <summary>
/// Pipes of this process that are read more than once: what comes through one is copied first, into a file without a name, which is
/// gone with the process. From then on the pipe's path stands for the copy.
/// </summary>
public static class PipeCopies
{
    private static readonly ConcurrentDictionary<string, SafeFileHandle> _copies = [];

    /// <summary>Copies a path that can be read only once; any other is left alone.</summary>
    /// <param name="path">A path; <c>-</c> is standard input.</param>
    /// <exception cref="MttException">It cannot be read to its end, or there is no room for it.</exception>
    public static void Keep(string path)
    {
        if (_copies.ContainsKey(path) || !OperatingSystem.IsLinux() || !IsReadOnce(path))
        {
            return;
        }

        string source = path == "-" ? "/dev/stdin" : path;
        InputFile.RefuseDevice(source);
        string folder = Path.GetTempPath();
        try
        {
            using FileStream pipe = new(source, FileMode.Open, FileAccess.Read, FileShare.ReadWrite, bufferSize: 0);
            using FileStream copy = CreateNameless(folder);
            pipe.CopyTo(copy, 1 << 20);
            copy.Flush();
            // The stream closes its own handle; the copy lives on through this one.
            _copies[path] = File.OpenHandle(PathOf(copy.SafeFileHandle), FileMode.Open, FileAccess.Read);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new MttException(
                $"{path}: cannot be copied to {folder}: {problem.Message}",
                "Make room there, point TMPDIR to another disk, or write it to a file first.",
                problem
            );
        }
    }

    /// <summary>Where what a path stands for is opened: the copy of a pipe, else the path itself.</summary>
    public static string PathOf(string path) =>
        _copies.TryGetValue(path, out SafeFileHandle? copy) ? PathOf(copy)
        : path == "-" ? "/dev/stdin"
        : path;

    // Asked without opening it: whoever writes to a named pipe would find its reader gone again.
    private static bool IsReadOnce(string path) =>
        path == "-" || PosixFile.Status(path, follow: true) is { IsPlain: false, IsFolder: false };

    private static string PathOf(SafeFileHandle file) => $"/proc/self/fd/{file.DangerousGetHandle()}";

    private static FileStream CreateNameless(string folder)
    {
        string name = TemporaryName.For(Path.Combine(folder, "mtt-pipe"));
        FileStreamOptions own = new()
        {
            Mode = FileMode.CreateNew,
            Access = FileAccess.ReadWrite,
            Share = FileShare.ReadWrite | FileShare.Delete,
        };
        if (!OperatingSystem.IsWindows())
        {
            own.UnixCreateMode = UnixFileMode.UserRead | UnixFileMode.UserWrite;
        }

        FileStream created = new(name, own);
        File.Delete(name);
        return created;
    }
}
