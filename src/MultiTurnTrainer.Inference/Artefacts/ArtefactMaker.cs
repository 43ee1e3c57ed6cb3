using System.Collections.Concurrent;
using MultiTurnTrainer.Context.Artefacts;

namespace MultiTurnTrainer.Inference.Artefacts;

/// <summary>
/// Makes what plans need and keeps it in a file. A failure of an earlier run is as good as nothing here: it is tried once more. Safe for
/// several threads; what several ask for at a time is made once.
/// </summary>
/// <param name="model">The models.</param>
/// <param name="file">Where it is kept; owned by the caller.</param>
/// <param name="concurrency">Most requests at a time.</param>
public sealed class ArtefactMaker(ArtefactModel model, ArtefactFile file, int concurrency)
    : IArtefacts,
        IArtefactMaker,
        IDisposable
{
    private readonly ConcurrentDictionary<string, Lazy<Task>> _made = new(StringComparer.Ordinal);
    private readonly SemaphoreSlim _free = new(concurrency);

    /// <summary>How many were made.</summary>
    public int Count => _made.Count;

    /// <inheritdoc/>
    public Artefact? Find(string key) =>
        file.Find(key) is { } found && (found.Error is null || IsMade(key)) ? found : null;

    /// <inheritdoc/>
    public Task MakeAsync(IReadOnlyList<ArtefactRequest> missing, CancellationToken cancellation) =>
        Task.WhenAll(missing.Select(request => OnceAsync(request, cancellation)));

    /// <inheritdoc/>
    public void Dispose() => _free.Dispose();

    // While it is tried once more, an earlier run's failure counts for nobody: whoever needs it waits.
    private bool IsMade(string key) =>
        _made.TryGetValue(key, out Lazy<Task>? made) && made.IsValueCreated && made.Value.IsCompletedSuccessfully;

    private async Task OnceAsync(ArtefactRequest request, CancellationToken cancellation)
    {
        Lazy<Task> made = _made.GetOrAdd(request.Key, _ => new Lazy<Task>(() => OneAsync(request, cancellation)));
        try
        {
            await made.Value.ConfigureAwait(false);
        }
        catch
        {
            // A caller who went away, or an endpoint that was down, must not stand in the way of all who ask later.
            _made.TryRemove(KeyValuePair.Create(request.Key, made));
            throw;
        }
    }

    private async Task OneAsync(ArtefactRequest request, CancellationToken cancellation)
    {
        await _free.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            file.Add(await model.AskAsync(request, cancellation).ConfigureAwait(false));
        }
        finally
        {
            _free.Release();
        }
    }
}
