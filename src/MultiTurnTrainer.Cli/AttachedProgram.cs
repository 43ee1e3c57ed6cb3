namespace MultiTurnTrainer.Cli;

/// <summary>
/// The whole program as an archive behind the end of this executable (scripts/package.sh): unpacked once into the folder
/// <c>programs</c> of the user's cache, which is this user's alone.
/// </summary>
/// <param name="Hash">The archive's SHA-256, which names its folder.</param>
/// <param name="Length">Its bytes.</param>
internal sealed record AttachedProgram(string Hash, long Length)
{
    // HASH LENGTH attached, with 16 digits for the length.
    private const int TrailerLength = 64 + 1 + 16 + 10;
    private static readonly Lazy<AttachedProgram?> _own = new(() => Read(Environment.ProcessPath!));

    /// <summary>What is attached to this executable; null where nothing is.</summary>
    public static AttachedProgram? Find() => RuntimeFeature.IsDynamicCodeSupported ? null : _own.Value;

    /// <summary>What is attached to a file.</summary>
    public static AttachedProgram? Read(string path)
    {
        using FileStream file = File.OpenRead(path);
        byte[] end = new byte[TrailerLength];
        file.Position = Math.Max(0, file.Length - end.Length);
        string[] fields = Encoding.Latin1.GetString(end, 0, file.ReadAtLeast(end, end.Length, false)).Split(' ');
        return
            fields is [{ Length: 64 } hash, { Length: 16 } length, "attached\n"]
            && long.TryParse(length, NumberStyles.None, CultureInfo.InvariantCulture, out long bytes)
            && bytes <= file.Length - end.Length
            ? new AttachedProgram(hash, bytes)
            : null;
    }

    /// <summary>Unpacks it where that has not been done.</summary>
    /// <returns>The executable.</returns>
    /// <exception cref="MttException">The cache cannot be trusted or written.</exception>
    public string Unpack() => Unpack(Environment.ProcessPath!, CacheFolder.Root.Folder);

    /// <inheritdoc cref="Unpack()"/>
    /// <param name="path">The file that it is attached to.</param>
    /// <param name="cache">The user's cache.</param>
    public string Unpack(string path, string cache)
    {
        string folder = Path.Combine(cache, "programs");
        string target = Path.Combine(folder, Hash[..16]);
        try
        {
            CacheFolder.TakeOver(folder);
            if (!IsThere(target))
            {
                UnpackTo(target, folder, path);
            }
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException or InvalidDataException)
        {
            throw new MttException(
                $"{folder}: mtt cannot be unpacked there ({problem.Message})",
                "It takes 200 MB, once: free them, or set MTT_CACHE to a folder that can be written.",
                problem
            );
        }

        return Path.Combine(target, "mtt");
    }

    private static bool IsThere(string target) => CacheFolder.IsOurs(target, found => found.IsFolder);

    private void UnpackTo(string target, string folder, string path)
    {
        using SafeFileHandle held = PosixFile.Open(Path.Combine(folder, "lock"), create: true);
        PosixFile.Lock(held, wait: true);
        if (IsThere(target))
        {
            // Another process has done it meanwhile.
            return;
        }

        foreach (string leftover in Directory.GetDirectories(folder, "unpacking-*"))
        {
            Directory.Delete(leftover, recursive: true);
        }

        string unpacking = Path.Combine(folder, $"unpacking-{Environment.ProcessId}");
        CacheFolder.CreatePrivate(unpacking);
        using (FileStream file = File.OpenRead(path))
        {
            file.Position = file.Length - TrailerLength - Length;
            using GZipStream archive = new(file, CompressionMode.Decompress);
            TarFile.ExtractToDirectory(archive, unpacking, overwriteFiles: false);
        }

        // Only now is there anything that would be run.
        Directory.Move(unpacking, target);
    }
}
