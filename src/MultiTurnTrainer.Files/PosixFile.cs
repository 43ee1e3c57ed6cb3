namespace MultiTurnTrainer.Files;

/// <summary>What the file system knows of a file and .NET does not tell.</summary>
/// <param name="Links">Names of the file; 0 once it is removed.</param>
/// <param name="Owner">The user it belongs to.</param>
/// <param name="Mode">Kind and permissions, as <c>stat</c> has them.</param>
public readonly record struct FileStatus(uint Links, uint Owner, int Mode)
{
    /// <summary>Neither folder, link, pipe nor device.</summary>
    public bool IsPlain => (Mode & 0xF000) == 0x8000;

    /// <summary>A folder, not a link to one.</summary>
    public bool IsFolder => (Mode & 0xF000) == 0x4000;

    /// <summary>A device of characters or blocks, such as <c>/dev/zero</c>.</summary>
    public bool IsDevice => (Mode & 0xF000) is 0x2000 or 0x6000;

    /// <summary>Whether somebody may run it.</summary>
    public bool IsExecutable => (Mode & 0x49) != 0;

    /// <summary>Whether others than the owner may write.</summary>
    public bool IsOpenToOthers => (Mode & 0x12) != 0;

    /// <summary>A folder in which each may only rename and remove what is his own, such as <c>/tmp</c>.</summary>
    public bool IsSticky => (Mode & 0x200) != 0;
}

/// <summary>Files as Linux has them, for what .NET leaves out: names that are not followed, locks, owners.</summary>
public static partial class PosixFile
{
    private const int WouldBlock = 11;
    private const int Interrupted = 4;

    /// <summary>The user this process acts for.</summary>
    public static uint User => EffectiveUser();

    /// <summary>Opens a plain file for reading and writing. A link at the name is not followed, a pipe not waited for.</summary>
    /// <param name="path">The file.</param>
    /// <param name="create">Whether to begin it where there is none.</param>
    /// <exception cref="IOException">The file is missing, no plain file, or cannot be made.</exception>
    /// <exception cref="UnauthorizedAccessException">It may not be opened.</exception>
    public static SafeFileHandle Open(string path, bool create)
    {
        if (!OperatingSystem.IsLinux())
        {
            FileMode mode = create ? FileMode.OpenOrCreate : FileMode.Open;
            return File.OpenHandle(path, mode, FileAccess.ReadWrite, FileShare.ReadWrite);
        }

        // O_RDWR | O_NONBLOCK | O_CLOEXEC | O_NOFOLLOW, and O_CREAT; one bit differs on ARM.
        int follow = RuntimeInformation.ProcessArchitecture == Architecture.Arm64 ? 0x8000 : 0x20000;
        int file = Open(path, 0x80802 | follow | (create ? 0x40 : 0), Convert.ToInt32("666", 8));
        if (file < 0)
        {
            throw Failure(path, Marshal.GetLastPInvokeError());
        }

        SafeFileHandle handle = new(file, ownsHandle: true);
        if (Status(handle) is { IsPlain: true })
        {
            return handle;
        }

        handle.Dispose();
        throw new IOException("it is a pipe or a device, a plain file is needed");
    }

    /// <summary>Opens a plain file to go on writing at its end.</summary>
    public static FileStream OpenAppend(string path)
    {
        FileStream stream = new(Open(path, create: true), FileAccess.Write);
        stream.Position = stream.Length;
        return stream;
    }

    /// <summary>
    /// Locks a file for this process alone, until the handle is closed or the process ends, however it ends. Where the
    /// file system has no locks there is none, as with .NET's own.
    /// </summary>
    /// <param name="file">The file.</param>
    /// <param name="wait">Whether to wait for another process.</param>
    /// <returns>False where another process has it.</returns>
    public static bool Lock(SafeFileHandle file, bool wait)
    {
        const int exclusive = 2;
        const int atOnce = 4;
        if (!OperatingSystem.IsLinux())
        {
            return true;
        }

        while (Lock(file, exclusive | (wait ? 0 : atOnce)) != 0)
        {
            switch (Marshal.GetLastPInvokeError())
            {
                case Interrupted:
                    break;
                case WouldBlock:
                    return false;
                default:
                    return true;
            }
        }

        return true;
    }

    /// <summary>What is at a path, or null where nothing is or this is not Linux.</summary>
    /// <param name="path">The path.</param>
    /// <param name="follow">Whether a link stands for what it leads to.</param>
    public static unsafe FileStatus? Status(string path, bool follow)
    {
        const int here = -100;
        byte* found = stackalloc byte[256];
        return OperatingSystem.IsLinux() && Status(here, path, follow ? 0 : 0x100, 0x7ff, found) == 0
            ? Read(found)
            : null;
    }

    /// <summary>What an open file is, or null where this is not Linux.</summary>
    public static unsafe FileStatus? Status(SafeFileHandle file)
    {
        const int emptyPath = 0x1000;
        byte* found = stackalloc byte[256];
        return OperatingSystem.IsLinux() && Status((int)file.DangerousGetHandle(), "", emptyPath, 0x7ff, found) == 0
            ? Read(found)
            : null;
    }

    // struct statx, the same on every machine.
    private static unsafe FileStatus Read(byte* found) =>
        new(*(uint*)(found + 16), *(uint*)(found + 20), *(ushort*)(found + 28));

    private static Exception Failure(string path, int error)
    {
        const int noEntry = 2;
        const int notAllowed = 13;
        const int loop = 40;
        string message = error == loop ? "it is a link, and is not followed" : new Win32Exception(error).Message;
        return error switch
        {
            noEntry => new FileNotFoundException(message, path),
            notAllowed => new UnauthorizedAccessException(message),
            _ => new IOException(message, error),
        };
    }

    [LibraryImport("libc", EntryPoint = "open", StringMarshalling = StringMarshalling.Utf8, SetLastError = true)]
    private static partial int Open(string path, int flags, int mode);

    [LibraryImport("libc", EntryPoint = "flock", SetLastError = true)]
    private static partial int Lock(SafeFileHandle file, int operation);

    [LibraryImport("libc", EntryPoint = "statx", StringMarshalling = StringMarshalling.Utf8)]
    private static unsafe partial int Status(int folder, string path, int flags, uint mask, byte* status);

    [LibraryImport("libc", EntryPoint = "geteuid")]
    private static partial uint EffectiveUser();
}
