using MultiTurnTrainer.LibTorch.Installations;
using MultiTurnTrainer.LibTorch.Loading;

namespace MultiTurnTrainer.LibTorch.Native;

/// <summary>
/// The compiled native parts, one a libtorch and source: <c>native/KEY/libmtt_torch.so</c> in the user's cache
/// (<c>MTT_CACHE</c>, else <c>XDG_CACHE_HOME/mtt</c>, else <c>~/.cache/mtt</c>), beside it its <see cref="StandIns"/> and the SHA-256
/// of them all. The folder <c>native</c> is this user's alone. What does not agree with its hash is built again and never loaded.
/// </summary>
internal static class NativeCache
{
    private const string Library = "libmtt_torch.so";
    private const string Hash = ".sha256";
    private const string Building = "build-";

    /// <summary>The library's path, present or not.</summary>
    public static string PathOf(LibTorchInstallation installation) =>
        Path.Combine(CacheFolder.Native, NativeBuild.Key(installation), Library);

    /// <summary>Builds where needed and returns the path of a library that is as it was built.</summary>
    /// <exception cref="MttException">The cache cannot be trusted or written, or the build fails.</exception>
    public static string Ensure(LibTorchInstallation installation, Action<string>? notice = null)
    {
        string path = PathOf(installation);
        string folder = Path.GetDirectoryName(Path.GetDirectoryName(path))!;
        try
        {
            CacheFolder.TakeOver(folder);
            if (!IsWhole(path))
            {
                Build(installation, folder, path, notice);
            }

            return path;
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.IsDiskFull(problem)
                ? Full(folder)
                : new MttException(
                    $"{folder}: the native part cannot be kept there ({problem.Message})",
                    "Set MTT_CACHE to a folder that can be written.",
                    problem
                );
        }
    }

    /// <summary>What to say where the disk of the cache is full.</summary>
    public static MttException Full(string folder) =>
        new(
            $"{folder}: the disk is full, the native part cannot be built there",
            "Free 10 MB, or set MTT_CACHE to a folder on another disk; nothing half-built is ever loaded."
        );

    private static bool IsWhole(string path)
    {
        string folder = Path.GetDirectoryName(path)!;
        return CacheFolder.IsOurs(folder, found => found.IsFolder)
            && Array.TrueForAll(
                Directory.GetFileSystemEntries(folder),
                file => CacheFolder.IsOurs(file, found => found.IsPlain)
            )
            && File.Exists(path)
            && File.Exists(path + Hash)
            && File.ReadAllText(path + Hash) == HashLines(folder);
    }

    // As sha256sum prints and checks them.
    private static string HashLines(string folder) =>
        string.Concat(
            Directory
                .GetFiles(folder)
                .Where(file => !file.EndsWith(Hash, StringComparison.Ordinal))
                .Order(StringComparer.Ordinal)
                .Select(file => $"{ContentHash.OfFile(file)}  {Path.GetFileName(file)}\n")
        );

    private static void Build(LibTorchInstallation installation, string folder, string path, Action<string>? notice)
    {
        using SafeFileHandle held = PosixFile.Open(Path.Combine(folder, "lock"), create: true);
        PosixFile.Lock(held, wait: true);
        if (IsWhole(path))
        {
            // Another process has built it meanwhile.
            return;
        }

        notice?.Invoke($"building the native part for the libtorch in {installation.Libraries} (once, about 15 s)");
        foreach (string leftover in Directory.GetDirectories(folder, $"{Building}*"))
        {
            Remove(leftover);
        }

        string target = Path.GetDirectoryName(path)!;
        string build = Path.Combine(folder, Building + Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(8)));
        string result = Path.Combine(build, "result");
        try
        {
            CacheFolder.CreatePrivate(result);
            string library = Path.Combine(result, Library);
            NativeBuild.Compile(installation, build, library, $"{target}.log");
            NativeBuild.Write(library + Hash, HashLines(result));
            Array.ForEach(Directory.GetFiles(result), CacheFolder.KeepPrivate);
            Remove(target);
            // Only now is there anything that a process would load.
            Directory.Move(result, target);
        }
        finally
        {
            Remove(build);
        }
    }

    private static void Remove(string path)
    {
        try
        {
            if (PosixFile.Status(path, follow: false) is { IsFolder: false })
            {
                File.Delete(path);
            }
            else if (Directory.Exists(path))
            {
                Directory.Delete(path, recursive: true);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            // A compiler whose mtt was killed may still write in it; the next build removes it.
        }
    }
}
