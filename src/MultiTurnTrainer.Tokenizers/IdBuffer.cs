namespace MultiTurnTrainer.Tokenizers;

/// <summary>A growing list of token ids that is used again and again, so that encoding allocates nothing.</summary>
public sealed class IdBuffer
{
    private int[] _ids = new int[1024];

    /// <summary>The number of ids.</summary>
    public int Count { get; private set; }

    /// <summary>The ids. Valid until more are added.</summary>
    public ReadOnlySpan<int> Ids => _ids.AsSpan(0, Count);

    /// <summary>Forgets all ids, keeping the memory.</summary>
    public void Clear() => Count = 0;

    /// <summary>Adds an id.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public void Add(int id)
    {
        int[] ids = _ids;
        int count = Count;
        if ((uint)count < (uint)ids.Length)
        {
            ids[count] = id;
            Count = count + 1;
        }
        else
        {
            AddSlowly(id);
        }
    }

    /// <summary>Room for ids at the end, to be written and then taken in with <see cref="Advance"/>.</summary>
    internal Span<int> Reserve(int count)
    {
        if (Count + count > _ids.Length)
        {
            Array.Resize(ref _ids, Math.Max(_ids.Length * 2, Count + count));
        }

        return _ids.AsSpan(Count);
    }

    /// <summary>The ids from one on, to be changed.</summary>
    internal Span<int> From(int first) => _ids.AsSpan(first, Count - first);

    /// <summary>Takes in ids written to the room that <see cref="Reserve"/> gave.</summary>
    internal void Advance(int count) => Count += count;

    private void AddSlowly(int id)
    {
        Array.Resize(ref _ids, _ids.Length * 2);
        _ids[Count++] = id;
    }
}
