namespace MultiTurnTrainer.LibTorch.Loading;

/// <summary>
/// The user's cache (<c>MTT_CACHE</c>, else <c>XDG_CACHE_HOME/mtt</c>, else <c>~/.cache/mtt</c>) and its folders of libraries that are
/// loaded and programs that are run, which are this user's alone.
/// </summary>
public static class CacheFolder
{
    private const UnixFileMode OwnerOnly = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;

    /// <summary>Where native libraries are kept.</summary>
    internal static string Native => Path.Combine(Root.Folder, "native");

    /// <summary>The user's cache, and the variable that says so.</summary>
    /// <exception cref="MttException">The variable holds a relative path.</exception>
    public static (string Folder, string Variable) Root
    {
        get
        {
            if (Environment.GetEnvironmentVariable("MTT_CACHE") is { Length: > 0 } named)
            {
                SearchPath.RequireFixed("MTT_CACHE", named);
                return (named, "MTT_CACHE");
            }

            // The specification of XDG_CACHE_HOME has relative paths ignored.
            if (Environment.GetEnvironmentVariable("XDG_CACHE_HOME") is { } xdg && Path.IsPathFullyQualified(xdg))
            {
                return (Path.Combine(xdg, "mtt"), "XDG_CACHE_HOME");
            }

            string home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
            SearchPath.RequireFixed("HOME", home);
            return (Path.Combine(home, ".cache", "mtt"), "HOME");
        }
    }

    /// <summary>Makes a folder of the cache, or makes sure that nobody else can have put anything in it.</summary>
    /// <exception cref="MttException">Others can write there.</exception>
    public static void TakeOver(string folder)
    {
        string root = Path.GetDirectoryName(folder)!;
        CreatePrivate(root);
        CreatePrivate(folder);
        if (
            PosixFile.Status(root, follow: true) is { } above
            && ((above.Owner != PosixFile.User && above.Owner != 0) || (above.IsOpenToOthers && !above.IsSticky))
        )
        {
            throw Distrust(root, $"Give it to yourself alone (chmod go-w {root}), or set MTT_CACHE to another folder.");
        }

        if (!IsOurs(folder, found => found.IsFolder))
        {
            throw Distrust(folder, "Remove it, or set MTT_CACHE to another folder.");
        }

        KeepPrivate(folder);
    }

    private static MttException Distrust(string path, string remedy) =>
        new($"{path}: others can write there, and what is in it would be loaded", remedy);

    /// <summary>Whether a path is what it should be, and nobody else can write it.</summary>
    public static bool IsOurs(string path, Func<FileStatus, bool> kind) =>
        PosixFile.Status(path, follow: false) is { } found
        && kind(found)
        && found.Owner == PosixFile.User
        && !found.IsOpenToOthers;

    /// <summary>Makes a folder for this user alone.</summary>
    public static void CreatePrivate(string folder)
    {
        if (!OperatingSystem.IsWindows())
        {
            Directory.CreateDirectory(folder, OwnerOnly);
        }
    }

    /// <summary>Takes what others may do to a file or folder away.</summary>
    internal static void KeepPrivate(string path)
    {
        // Not where nothing is to change: a cache may lie on a disk that cannot be written.
        if (!OperatingSystem.IsWindows() && File.GetUnixFileMode(path) != OwnerOnly)
        {
            File.SetUnixFileMode(path, OwnerOnly);
        }
    }
}
