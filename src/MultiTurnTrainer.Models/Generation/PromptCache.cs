using MultiTurnTrainer.Models.Architectures;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>
/// Keys and values of earlier prompts and answers, by a key such as a dialogue's id: a next prompt that begins alike is read from
/// where they part. Good for one model under one adapter whose weights stay. Not for several threads.
/// </summary>
/// <param name="memory">
/// The most bytes: what was not used for longest leaves first, and what one batch makes stays as far as it fits. 0 keeps none.
/// </param>
public sealed class PromptCache(long memory) : IDisposable
{
    private readonly Dictionary<string, LinkedListNode<Kept>> _kept = [];
    private readonly LinkedList<Kept> _byUse = [];
    private long _batch;

    /// <summary>Bytes of keys and values that are kept.</summary>
    public long Bytes { get; private set; }

    /// <summary>Forgets what is kept under a key.</summary>
    public void Forget(string key) => Remove(key)?.Dispose();

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (Kept kept in _byUse)
        {
            kept.Cache.Dispose();
        }

        _kept.Clear();
        _byUse.Clear();
        Bytes = 0;
    }

    /// <summary>A batch begins: what it keeps does not push out its own.</summary>
    internal void Begin() => _batch++;

    /// <summary>Hands out what a prompt has in common with what is kept under a key; null for nothing.</summary>
    /// <param name="model">The model.</param>
    /// <param name="key">The key; nothing is kept under it then.</param>
    /// <param name="prompt">The whole prompt. Its last token is always read anew, for its logits.</param>
    internal ISequenceCache? Take(CausalLM model, string key, IReadOnlyList<int> prompt)
    {
        if (!_kept.TryGetValue(key, out LinkedListNode<Kept>? node))
        {
            return null;
        }

        int[] tokens = node.Value.Tokens;
        ISequenceCache cache = Remove(key)!;
        int most = Math.Min(tokens.Length, prompt.Count - 1);
        int shared = 0;
        while (shared < most && tokens[shared] == prompt[shared])
        {
            shared++;
        }

        // Keys that were turned for another length are of no use, nor is a state that has read more.
        bool readsMore = model.Config.IsRecurrent && shared < cache.Length;
        if (shared == 0 || readsMore || model.Config.Ropes.Any(rope => rope?.DependsOnLength ?? false))
        {
            cache.Dispose();
            return null;
        }

        cache.Truncate(shared);
        return cache;
    }

    /// <summary>Keeps what was read of a sequence, which is this object's from now on.</summary>
    /// <param name="key">The key; null keeps nothing.</param>
    /// <param name="tokens">The sequence; what was chosen last may not have been read.</param>
    /// <param name="cache">What was read.</param>
    internal void Keep(string? key, List<int> tokens, ISequenceCache cache)
    {
        if (key is null || !MakeRoom(cache.Bytes))
        {
            cache.Dispose();
            return;
        }

        Forget(key);
        Kept kept = new(key, [.. tokens.Take(cache.Length)], cache, _batch);
        _kept[key] = _byUse.AddFirst(kept);
        Bytes += cache.Bytes;
    }

    private bool MakeRoom(long bytes)
    {
        while (Bytes + bytes > memory)
        {
            // What fits into no memory pushes nothing out.
            if (bytes > memory || _byUse.Last is not { } oldest || oldest.Value.Batch == _batch)
            {
                return false;
            }

            Forget(oldest.Value.Key);
        }

        return true;
    }

    private ISequenceCache? Remove(string key)
    {
        if (!_kept.Remove(key, out LinkedListNode<Kept>? node))
        {
            return null;
        }

        _byUse.Remove(node);
        Bytes -= node.Value.Cache.Bytes;
        return node.Value.Cache;
    }

    private sealed record Kept(string Key, int[] Tokens, ISequenceCache Cache, long Batch);
}
