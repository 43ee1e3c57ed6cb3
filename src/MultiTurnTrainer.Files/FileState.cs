namespace MultiTurnTrainer.Files;

/// <summary>What shows that a file was written to: its size and time.</summary>
/// <param name="Length">In bytes.</param>
/// <param name="Written">The time of the last write.</param>
public readonly record struct FileState(long Length, DateTime Written)
{
    /// <summary>The state of an open file.</summary>
    public static FileState Of(SafeFileHandle file) =>
        new(RandomAccess.GetLength(file), File.GetLastWriteTimeUtc(file));

    /// <summary>Refuses a file that was written to since: its rows are of two files, and belong to none.</summary>
    /// <exception cref="MttException">Size or time differ.</exception>
    public void RequireSame(string path, SafeFileHandle file)
    {
        if (Of(file) != this)
        {
            throw Refusal(path);
        }
    }

    /// <summary>Reads bytes at a place of a file that must still be as it was.</summary>
    /// <param name="path">Names the file in errors.</param>
    /// <param name="file">The open file.</param>
    /// <param name="place">The first byte.</param>
    /// <param name="target">Is filled.</param>
    /// <exception cref="MttException">The file was written to or cut since, or cannot be read.</exception>
    public void Read(string path, SafeFileHandle file, long place, Span<byte> target)
    {
        try
        {
            while (target.Length > 0)
            {
                int count = RandomAccess.Read(file, target, place);
                if (count == 0)
                {
                    throw Refusal(path);
                }

                target = target[count..];
                place += count;
            }

            RequireSame(path, file);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw InputFile.Unreadable(path, problem);
        }
    }

    /// <summary>What is said of such a file.</summary>
    public static MttException Refusal(string path) =>
        new($"{path}: was changed while it was read", "Run the command again when nothing writes to the file.");
}
