namespace MultiTurnTrainer.Files;

/// <summary>Files that the user names: one wording, in every command, for one that is absent, a folder, or unreadable.</summary>
public static class InputFile
{
    private const string CheckName = "Check the name and the folder.";

    // Of files that are read whole: settings, templates, configurations, tokenizers.
    private const int MaxWhole = 256 << 20;

    /// <summary>Finds a misspelt name before any work is done.</summary>
    /// <param name="path">A path; not <c>-</c>.</param>
    /// <param name="remedy">What to name instead; a general hint when null.</param>
    /// <exception cref="MttException">There is no such file, or it is a folder.</exception>
    public static void RequireExists(string path, string? remedy = null)
    {
        path = PipeCopies.PathOf(path);
        if (Directory.Exists(path))
        {
            throw new MttException(
                $"{path}: is a folder, a file is needed",
                Contents(path) ?? remedy ?? $"Name the files in it, such as {path.TrimEnd('/')}/*.jsonl."
            );
        }

        if (!File.Exists(path))
        {
            throw new MttException($"{path}: there is no such file", remedy ?? CheckName);
        }
    }

    /// <summary>What to do with a folder of Arrow files, which datasets' <c>save_to_disk</c> writes.</summary>
    public static string ArrowHint(string folder) =>
        $"It holds Arrow files: python -c \"import datasets; datasets.load_from_disk('{folder}').to_parquet('rows.parquet')\", then name rows.parquet.";

    // What to name of a folder with data in it.
    private static string? Contents(string folder)
    {
        EnumerationOptions readable = new() { IgnoreInaccessible = true };
        bool Has(string pattern) => Directory.EnumerateFiles(folder, pattern, readable).Any();
        if (Has("*.arrow"))
        {
            return ArrowHint(folder);
        }

        return Array.Find(["*.jsonl", "*.parquet", "*.json", "*.csv", "*.jsonl.gz", "*.jsonl.zst"], Has) is { } pattern
            ? $"Name the files in it: {folder.TrimEnd('/')}/{pattern}"
            : null;
    }

    /// <summary>Opens a file for reading.</summary>
    /// <param name="path">A path; not <c>-</c>.</param>
    /// <param name="remedy">What to name instead; a general hint when null.</param>
    /// <exception cref="MttException">There is no such file, it is a folder, or it may not be read.</exception>
    public static FileStream OpenRead(string path, string? remedy = null)
    {
        RequireExists(path, remedy);
        RequirePlain(path);
        try
        {
            return new FileStream(PipeCopies.PathOf(path), FileMode.Open, FileAccess.Read, FileShare.Read);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, problem);
        }
    }

    /// <summary>The text of a file that is read whole.</summary>
    /// <param name="path">A path; not <c>-</c>.</param>
    /// <param name="remedy">What to name instead; a general hint when null.</param>
    /// <param name="most">The most bytes.</param>
    /// <exception cref="MttException">There is no such file, it is no plain one, too long, or may not be read.</exception>
    public static string ReadText(string path, string? remedy = null, int most = MaxWhole)
    {
        using StreamReader reader = new(new MemoryStream(ReadBytes(path, remedy, most)));
        return reader.ReadToEnd();
    }

    /// <summary>The bytes of a file that is read whole.</summary>
    /// <param name="path">A path; not <c>-</c>.</param>
    /// <param name="remedy">What to name instead; a general hint when null.</param>
    /// <param name="most">The most bytes.</param>
    /// <exception cref="MttException">There is no such file, it is no plain one, too long, or may not be read.</exception>
    public static byte[] ReadBytes(string path, string? remedy = null, int most = MaxWhole)
    {
        using FileStream stream = OpenRead(path, remedy);
        if (stream.Length > most)
        {
            throw new MttException(
                $"{path}: has {stream.Length} bytes, such a file has at most {most}",
                remedy ?? "See whether it is the file that was meant."
            );
        }

        try
        {
            // The length of what lies in /proc is 0.
            byte[] bytes = new byte[stream.Length];
            stream.ReadExactly(bytes);
            return bytes;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw Unreadable(path, problem);
        }
    }

    /// <summary>Refuses pipes and devices, before they are opened: one without a writer waits without end.</summary>
    /// <exception cref="MttException">It is one.</exception>
    public static void RequirePlain(string path)
    {
        if (PosixFile.Status(PipeCopies.PathOf(path), follow: true) is { IsPlain: false })
        {
            throw new MttException(
                $"{path}: is a pipe or a device, a plain file is needed",
                "Write it to a file first and name that."
            );
        }
    }

    /// <summary>Refuses devices where rows may come from a pipe: <c>/dev/zero</c> has no end.</summary>
    /// <exception cref="MttException">It is one.</exception>
    public static void RefuseDevice(string path)
    {
        if (
            PosixFile.Status(path, follow: true) is { IsDevice: true }
            && path is not "/dev/null"
            && !IsStandardInput(path)
        )
        {
            throw new MttException(
                $"{path}: is a device, a file or a pipe is needed",
                "Write it to a file first and name that."
            );
        }
    }

    // A terminal.
    private static bool IsStandardInput(string path) => path is "/dev/stdin" or "/dev/fd/0" or "/proc/self/fd/0";

    /// <summary>Whether there is such a file; what came through a pipe is one once it was copied.</summary>
    public static bool Exists(string path) => File.Exists(PipeCopies.PathOf(path));

    /// <summary>A file's bytes; a link stands for what it leads to, as in HuggingFace's cache.</summary>
    public static long Length(string path)
    {
        using SafeFileHandle file = File.OpenHandle(PipeCopies.PathOf(path));
        return RandomAccess.GetLength(file);
    }

    /// <summary>What to throw where reading an existing file failed.</summary>
    public static MttException Unreadable(string path, Exception problem) =>
        new($"{path}: {problem.Message}", "Check the path and its permissions.", problem);

    /// <summary>Finds a misspelt folder before any work is done.</summary>
    /// <exception cref="MttException">There is no such folder.</exception>
    public static void RequireFolder(string path, string remedy)
    {
        if (!Directory.Exists(path))
        {
            throw new MttException($"{path}: there is no such folder", remedy);
        }
    }
}
