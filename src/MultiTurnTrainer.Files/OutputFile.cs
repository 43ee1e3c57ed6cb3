// Folder Files: files that appear whole or not at all, locks, manifests, programs and libraries by absolute path.
// Refuses to know: what is in the files.
namespace MultiTurnTrainer.Files;

/// <summary>
/// A file that appears whole or not at all: bytes go to a new file of an unforeseeable name in the same folder, and
/// <see cref="Commit"/> flushes them to the disk and renames. Disposing without a commit removes the temporary file.
/// </summary>
public sealed class OutputFile : IDisposable
{
    private readonly string _temporary;
    private OutputStream _stream;
    private readonly OutputLock _lock;
    private bool _done;

    private OutputFile(string path, OutputLock held)
    {
        Path = System.IO.Path.GetFullPath(path);
        _lock = held;
        _temporary = TemporaryName.For(Path);
        UnfinishedFiles.Add(_temporary);
        _stream = Begin();
    }

    /// <summary>The final path, absolute.</summary>
    public string Path { get; }

    /// <summary>Where to write; a full disk arrives as an <see cref="MttException"/>. Owned by this object.</summary>
    public Stream Stream => _stream;

    /// <summary>What the file system refused, for writers that lose the exception; null where all went well.</summary>
    public MttException? Failure => _stream.Failure;

    /// <summary>Begins a file, which no other run may write until this one is done.</summary>
    /// <param name="path">The final path; its folder is created.</param>
    /// <param name="force">Whether a non-empty file at that path may be replaced.</param>
    /// <exception cref="MttException">The path is taken, is no file, another run writes it, or it cannot be written.</exception>
    public static OutputFile Create(string path, bool force) =>
        TryCreate(path, force) ?? throw OutputLock.Refusal(path);

    /// <summary>As <see cref="Create"/>, but null where another run writes it.</summary>
    public static OutputFile? TryCreate(string path, bool force)
    {
        RefuseTaken(path, force);
        OutputLock? held = OutputLock.TryTake(path);
        if (held is null)
        {
            return null;
        }

        try
        {
            // A run that had the lock until now may have finished the file.
            RefuseTaken(path, force);
            return Guard(
                path,
                () =>
                {
                    TemporaryName.RemoveLeftovers(path);
                    return new OutputFile(path, held);
                }
            );
        }
        catch
        {
            held.Dispose();
            throw;
        }
    }

    /// <summary>Writes a whole file at once, atomically.</summary>
    public static void WriteAllBytes(string path, ReadOnlySpan<byte> bytes, bool force)
    {
        using OutputFile file = Create(path, force);
        file.Stream.Write(bytes);
        file.Commit();
    }

    /// <summary>Turns a failure of the file system into one the user understands.</summary>
    public static MttException Explain(string path, Exception problem)
    {
        if (problem is ArgumentOutOfRangeException)
        {
            return new MttException(
                $"{path}: the file grows beyond what the file system or a limit (ulimit -f) allows",
                "Lift the limit, or write fewer rows to one file; nothing was left half-written.",
                problem
            );
        }

        return IsDiskFull(problem)
            ? new MttException(
                $"{path}: the disk is full",
                "Free some space and run again; nothing was left half-written.",
                problem
            )
            : new MttException($"{path}: {problem.Message}", "Check the path and its permissions.", problem);
    }

    /// <summary>Whether a failure means that no space is left, also where it is already explained.</summary>
    public static bool IsDiskFull(Exception problem)
    {
        const int noSpaceLeft = 28;
        return (problem is MttException ? problem.InnerException : problem) is IOException io
            && (io.HResult & 0xFFFF) == noSpaceLeft;
    }

    /// <summary>Begins again with an empty file.</summary>
    /// <param name="copy">Gets the path of what was written so far, a file that is deleted afterwards.</param>
    /// <exception cref="MttException">The disk is full or the rename failed.</exception>
    public void BeginAgain(Action<string> copy)
    {
        string earlier = TemporaryName.For(Path);
        UnfinishedFiles.Add(earlier);
        try
        {
            _stream = Guard(
                Path,
                () =>
                {
                    _stream.FlushToDisk();
                    _stream.Dispose();
                    File.Move(_temporary, earlier);
                    return Begin();
                }
            );
            copy(earlier);
        }
        finally
        {
            File.Delete(earlier);
            UnfinishedFiles.Forget(earlier);
        }
    }

    /// <summary>Makes the file durable and gives it its final name.</summary>
    /// <exception cref="MttException">The disk is full or the rename failed.</exception>
    public void Commit()
    {
        Guard(
            Path,
            () =>
            {
                _stream.FlushToDisk();
                _stream.Dispose();
                File.Move(_temporary, Path, overwrite: true);
                return true;
            }
        );
        End();
    }

    /// <summary>Removes the temporary file unless it was committed.</summary>
    public void Dispose()
    {
        if (_done)
        {
            return;
        }

        _stream.Dispose();
        File.Delete(_temporary);
        End();
    }

    /// <summary>Whether a failure is the file system's. .NET names a file beyond the size limit (EFBIG) as a bad argument.</summary>
    internal static bool IsFileSystem(Exception problem) =>
        problem is IOException or UnauthorizedAccessException or ArgumentOutOfRangeException { ParamName: "value" };

    private static void RefuseTaken(string path, bool force)
    {
        if (Directory.Exists(path))
        {
            throw new MttException($"{path}: is a folder, a file is needed", "Name a file as the output.");
        }

        if (PosixFile.Status(path, follow: true) is { IsPlain: false })
        {
            throw new MttException($"{path}: is a pipe or a device, a file is needed", "Name a file as the output.");
        }

        if (!force && File.Exists(path) && new FileInfo(path).Length > 0)
        {
            throw new MttException($"{path}: already exists", "Give --force to replace it, or another name.");
        }
    }

    private OutputStream Begin() =>
        new(new FileStream(_temporary, FileMode.CreateNew, FileAccess.Write, FileShare.Read, 1 << 16), Path);

    private void End()
    {
        UnfinishedFiles.Forget(_temporary);
        _lock.Dispose();
        _done = true;
    }

    private static T Guard<T>(string path, Func<T> work)
    {
        try
        {
            return work();
        }
        catch (Exception problem) when (IsFileSystem(problem))
        {
            throw Explain(path, problem);
        }
    }
}
