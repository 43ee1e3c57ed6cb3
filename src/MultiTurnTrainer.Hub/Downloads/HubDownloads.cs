// Folder Downloads: brings files of the hub into the cache: which ones, whole, once.
// Refuses to know: what a model or a row is.
using MultiTurnTrainer.Hub.Cache;
using MultiTurnTrainer.Hub.Client;

namespace MultiTurnTrainer.Hub.Downloads;

/// <summary>
/// Models and data from the HuggingFace hub, through the cache that transformers uses. What is there is not fetched again; where the
/// hub cannot be asked, what the cache holds stands in.
/// </summary>
public sealed class HubDownloads : IDisposable
{
    private const string Card = "README.md";
    private const string Converted = "refs/convert/parquet";

    private readonly HubSettings _settings;
    private readonly HubHttp _http;
    private readonly HubCache _cache;
    private readonly IHubObserver _observer;
    private readonly FileDownload _file;

    /// <summary>Asks nothing yet.</summary>
    /// <param name="settings">Where and who.</param>
    /// <param name="observer">Told what is fetched.</param>
    /// <param name="time">The clock of waits.</param>
    public HubDownloads(HubSettings settings, IHubObserver observer, TimeProvider time)
    {
        _settings = settings;
        _http = new HubHttp(settings, time);
        _cache = new HubCache(settings);
        _observer = observer;
        _file = new FileDownload(_http, settings, _cache, observer);
    }

    /// <summary>A model's or adapter's folder.</summary>
    /// <param name="name">The repository.</param>
    /// <param name="need">What of it is wanted: nothing else is fetched.</param>
    /// <param name="cancel">Ends it; what arrived is kept.</param>
    /// <exception cref="MttException">There is no such thing, no room for it, or no connection and nothing in the cache.</exception>
    public Task<string> GetModelAsync(HubName name, ModelNeed need, CancellationToken cancel) =>
        WithCacheAsync(
            name,
            folder => ModelFiles.IsWhole(folder, need),
            folder => folder,
            async repository =>
            {
                string[] small = [.. ModelFiles.ListSmall(repository.Files)];
                string folder = _cache.Snapshot(name, repository.Commit);
                if (repository.Files.Contains(ModelFiles.Index))
                {
                    await FetchAsync(name, repository.Commit, [ModelFiles.Index], quiet: true, cancel)
                        .ConfigureAwait(false);
                }

                IEnumerable<string> weights = ModelFiles.ListWeights(
                    $"{name}",
                    [.. repository.Files],
                    need,
                    () => InputFile.ReadText(Path.Combine(folder, ModelFiles.Index))
                );
                await FetchAsync(name, repository.Commit, [.. small, .. weights], quiet: false, cancel)
                    .ConfigureAwait(false);
                return folder;
            },
            cancel
        );

    /// <summary>The files of a dataset's configuration and split, in order.</summary>
    /// <param name="name">What is wanted.</param>
    /// <param name="cancel">Ends it; what arrived is kept.</param>
    /// <exception cref="MttException">There is no such thing, no room for it, or no connection and nothing in the cache.</exception>
    public Task<IReadOnlyList<string>> GetDatasetAsync(DatasetName name, CancellationToken cancel) =>
        WithCacheAsync(
            name.Repository,
            folder => FindCached(name, folder).Count > 0,
            folder => FindCached(name, folder),
            async repository =>
            {
                IReadOnlyList<string> files = await ChooseAsync(name, repository, cancel).ConfigureAwait(false);
                if (files.Count > 0)
                {
                    await FetchAsync(name.Repository, repository.Commit, files, quiet: false, cancel)
                        .ConfigureAwait(false);
                    return In(_cache.Snapshot(name.Repository, repository.Commit), files);
                }

                return await GetConvertedAsync(name, cancel).ConfigureAwait(false);
            },
            cancel
        );

    /// <inheritdoc/>
    public void Dispose() => _http.Dispose();

    private async Task<IReadOnlyList<string>> GetConvertedAsync(DatasetName name, CancellationToken cancel)
    {
        HubName branch = name.Repository with { Revision = Converted };
        Repository repository = await Repository.AskAsync(_http, branch, cancel).ConfigureAwait(false);
        IReadOnlyList<string> files = DatasetFiles.ChooseConverted(name, repository.Files);
        if (files.Any(file => file.Contains("/partial-", StringComparison.Ordinal)))
        {
            _observer.Noted($"{name.Repository}: the hub's conversion holds only the first part of this split");
        }

        await FetchAsync(branch, repository.Commit, files, quiet: false, cancel).ConfigureAwait(false);
        _cache.SetCommit(branch, repository.Commit);
        return In(_cache.Snapshot(branch, repository.Commit), files);
    }

    private async Task<IReadOnlyList<string>> ChooseAsync(
        DatasetName name,
        Repository repository,
        CancellationToken cancel
    )
    {
        if (name.File is { } file)
        {
            return repository.Files.Contains(file)
                ? [file]
                : throw new MttException(
                    $"{name.Repository}: holds no file {file}",
                    $"It holds {string.Join(", ", repository.Files.Where(path => !path.StartsWith('.')).Take(8))}."
                );
        }

        string? card = null;
        if (repository.Files.Contains(Card))
        {
            await FetchAsync(name.Repository, repository.Commit, [Card], quiet: true, cancel).ConfigureAwait(false);
            card = InputFile.ReadText(Path.Combine(_cache.Snapshot(name.Repository, repository.Commit), Card));
        }

        return DatasetFiles.Choose(name, repository.Files, card);
    }

    private static IReadOnlyList<string> FindCached(DatasetName name, string folder)
    {
        string[] files =
        [
            .. Directory
                .EnumerateFiles(folder, "*", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(folder, path))
                .Order(StringComparer.Ordinal),
        ];
        string card = Path.Combine(folder, Card);
        try
        {
            IReadOnlyList<string> chosen = name.File is { } file
                ? [.. files.Where(path => path == file)]
                : DatasetFiles.Choose(name, files, File.Exists(card) ? InputFile.ReadText(card) : null);
            return In(folder, chosen);
        }
        catch (MttException)
        {
            return [];
        }
    }

    /// <summary>Asks the hub; where that cannot be, or need not, takes what the cache has.</summary>
    private async Task<T> WithCacheAsync<T>(
        HubName name,
        Func<string, bool> isWhole,
        Func<string, T> take,
        Func<Repository, Task<T>> fetch,
        CancellationToken cancel
    )
    {
        string? cached =
            _cache.FindCommit(name) is { } commit
            && _cache.Snapshot(name, commit) is { } folder
            && Directory.Exists(folder)
            && isWhole(folder)
                ? folder
                : null;
        // A commit never changes, so one that is there whole needs no question.
        if (cached is not null && (_settings.Offline || name.IsPinned))
        {
            return take(cached);
        }

        if (_settings.Offline)
        {
            throw new MttException(
                $"{name}: HF_HUB_OFFLINE is set, and the cache does not hold all of it",
                $"Unset HF_HUB_OFFLINE to fetch it, or see what {_settings.Cache} holds."
            );
        }

        try
        {
            Repository repository = await Repository.AskAsync(_http, name, cancel).ConfigureAwait(false);
            T result = await fetch(repository).ConfigureAwait(false);
            _cache.SetCommit(name, repository.Commit);
            return result;
        }
        catch (HubFault problem) when (problem.CacheWillDo && cached is not null)
        {
            _observer.Noted($"{problem.Message}; using what the cache holds");
            return take(cached);
        }
        catch (HubFault problem)
        {
            throw problem.Explain();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.Explain(_settings.Cache, problem);
        }
    }

    private async Task FetchAsync(
        HubName name,
        string commit,
        IReadOnlyList<string> paths,
        bool quiet,
        CancellationToken cancel
    )
    {
        string folder = _cache.Snapshot(name, commit);
        // A link whose blob is gone counts as missing.
        string[] missing = [.. paths.Distinct().Where(path => !File.Exists(Path.Combine(folder, path)))];
        ParallelOptions options = new() { MaxDegreeOfParallelism = _settings.Parallel, CancellationToken = cancel };
        RemoteFile[] files = new RemoteFile[missing.Length];
        await Parallel
            .ForAsync(
                0,
                missing.Length,
                options,
                async (i, stop) =>
                    files[i] = await RemoteFile.AskAsync(_http, name, commit, missing[i], stop).ConfigureAwait(false)
            )
            .ConfigureAwait(false);
        if (files.Length == 0)
        {
            return;
        }

        long bytes = files.Sum(file => file.Size);
        _cache.Prepare();
        RequireRoom(name, bytes);
        if (!quiet)
        {
            _observer.Planned($"{name}", files.Length, bytes);
        }

        await Parallel
            .ForEachAsync(
                files.OrderBy(file => file.Size),
                options,
                async (file, stop) =>
                {
                    await _file.RunAsync(name, file, stop).ConfigureAwait(false);
                    _cache.Link(name, commit, file);
                }
            )
            .ConfigureAwait(false);
    }

    private void RequireRoom(HubName name, long bytes)
    {
        long free = _settings.FreeBytes(_settings.Cache);
        if (bytes > free)
        {
            throw new MttException(
                $"{name}: needs {bytes / 1e9:F2} GB in {_settings.Cache}, where {free / 1e9:F2} GB are free",
                "Free some space, or point HF_HOME to another disk."
            );
        }
    }

    private static IReadOnlyList<string> In(string folder, IEnumerable<string> paths) =>
        [.. paths.Select(path => Path.Combine(folder, path))];
}
