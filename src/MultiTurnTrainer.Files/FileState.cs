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

    /// <summary>What is said of such a file.</summary>
    public static MttException Refusal(string path) =>
        new($"{path}: was changed while it was read", "Run the command again when nothing writes to the file.");
}
