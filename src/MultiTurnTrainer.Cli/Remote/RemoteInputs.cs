// Folder Remote: models and data that are named by their address on the HuggingFace hub, as paths of the cache.
// Refuses to know: commands, what is done with the files.
namespace MultiTurnTrainer.Cli.Remote;

/// <summary>Turns what a user names into paths: a folder or file as it is, a name on the hub into what the cache holds of it.</summary>
internal static class RemoteInputs
{
    // A command may ask twice for the same.
    private static readonly Dictionary<(string, ModelNeed), string> _folders = [];

    /// <summary>The folder of a model or adapter; of a GGUF file, the cache's. What exists wins over a repository of the same name.</summary>
    /// <param name="given">A folder, a file, or <c>org/name[@revision]</c>; null stays null.</param>
    /// <param name="need">What of it is wanted: nothing else is fetched.</param>
    /// <exception cref="MttException">The hub has no such repository, or cannot be asked.</exception>
    [return: NotNullIfNotNull(nameof(given))]
    public static string? Folder(string? given, ModelNeed need)
    {
        if (given is not null && need != ModelNeed.Adapter && GgufFolder.FileOf(given) is { } gguf)
        {
            return GgufFolder.Open(gguf);
        }

        if (
            given is null
            || Directory.Exists(given)
            || File.Exists(given)
            || HubName.TryParseModel(given) is not { } name
        )
        {
            return given;
        }

        if (_folders.TryGetValue((given, need), out string? known))
        {
            return known;
        }

        try
        {
            return _folders[(given, need)] = Ask(downloads =>
                downloads.GetModelAsync(name, need, CancellationToken.None)
            );
        }
        catch (MttException problem) when (!given.StartsWith("hf://", StringComparison.Ordinal))
        {
            // A misspelt folder looks like a name on the hub.
            throw new MttException(
                $"{given}: there is no such folder; as a name on the hub: {problem.Message}",
                problem.Remedy,
                problem
            );
        }
    }

    /// <summary>The files behind inputs, in order: <c>hf://datasets/…</c> may match several.</summary>
    /// <param name="given">Files, <c>-</c>, or addresses of data.</param>
    /// <param name="again">Whether they are read more than once, if only for a hash: pipes are copied first.</param>
    /// <exception cref="MttException">The hub has no such data, or cannot be asked.</exception>
    public static string[] Files(string[] given, bool again = false)
    {
        string[] files = [.. given.SelectMany(Resolve)];
        if (again)
        {
            Array.ForEach(files, PipeCopies.Keep);
        }

        return files;
    }

    /// <summary>The one file behind an input.</summary>
    /// <param name="given">A file, <c>-</c>, or an address of data; null stays null.</param>
    /// <param name="again">Whether it is read more than once: a pipe is copied first.</param>
    /// <exception cref="MttException">The address matches several files.</exception>
    [return: NotNullIfNotNull(nameof(given))]
    public static string? SingleFile(string? given, bool again = false)
    {
        if (given is null)
        {
            return null;
        }

        string[] files = Files([given], again);
        return files.Length == 1
            ? files[0]
            : throw new MttException(
                $"{given}: matches {files.Length} files, and this command reads one",
                $"Name one of them: hf://datasets/org/name/{Path.GetFileName(files[0])}."
            );
    }

    private static IEnumerable<string> Resolve(string given) =>
        DatasetName.IsOne(given)
            ? Ask(downloads => downloads.GetDatasetAsync(DatasetName.Parse(given), CancellationToken.None))
            : [given];

    private static T Ask<T>(Func<HubDownloads, Task<T>> question)
    {
        using DownloadProgress progress = new();
        HubSettings settings = HubSettings.FromEnvironment(Environment.GetEnvironmentVariable);
        using HubDownloads downloads = new(settings, progress, TimeProvider.System);
        return question(downloads).GetAwaiter().GetResult();
    }
}
