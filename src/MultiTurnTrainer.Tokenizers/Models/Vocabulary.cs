namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>Tokens (as UTF-8) and their ids, both ways. A token that is set again gets the new id.</summary>
internal sealed class Vocabulary
{
    // A table by id is built of them; the largest vocabularies have a quarter of a million.
    private const int LargestId = (1 << 24) - 1;

    private byte[] _bytes = new byte[1 << 16];
    private int[] _starts = new int[1 << 12];
    private int[] _ids = new int[1 << 12];
    private ulong[] _slots = new ulong[1 << 13];
    private int _length;
    private int[]? _entryOfId;
    private Dictionary<int, int>? _sparse;
    private Dictionary<int, int>? _former;

    /// <summary>The number of different tokens.</summary>
    public int Count { get; private set; }

    /// <summary>The largest id, or −1.</summary>
    public int MaxId { get; private set; } = -1;

    /// <summary>The length of the longest token in bytes.</summary>
    public int LongestToken { get; private set; }

    /// <summary>Adds a token, or gives it another id.</summary>
    /// <exception cref="TokenizationException">The id is larger than any vocabulary's.</exception>
    public void Set(ReadOnlySpan<byte> token, int id)
    {
        if (id > LargestId)
        {
            throw new TokenizationException($"the vocabulary has the id {id}; ids end at {LargestId}");
        }

        uint hash = ByteHash.Of(token);
        int entry = Find(token, hash, out int slot);
        MaxId = Math.Max(MaxId, id);
        if (entry >= 0)
        {
            _ids[entry] = id;
            return;
        }

        if (Count + 1 >= _starts.Length)
        {
            Array.Resize(ref _starts, _starts.Length * 2);
            Array.Resize(ref _ids, _ids.Length * 2);
        }

        if (_length + token.Length > _bytes.Length)
        {
            Array.Resize(ref _bytes, Math.Max(_bytes.Length * 2, _length + token.Length));
        }

        token.CopyTo(_bytes.AsSpan(_length));
        _starts[Count] = _length;
        _ids[Count] = id;
        _length += token.Length;
        _slots[slot] = ((ulong)hash << 32) | (uint)(Count + 1);
        Count++;
        _starts[Count] = _length;
        LongestToken = Math.Max(LongestToken, token.Length);
        if (Count * 2 > _slots.Length)
        {
            Grow();
        }
    }

    /// <summary>Adds a token of a list, where the same token may stand twice: the earlier id still means it.</summary>
    public void Append(ReadOnlySpan<byte> token, int id)
    {
        int entry = Find(token, ByteHash.Of(token), out _);
        if (entry >= 0)
        {
            (_former ??= []).Add(_ids[entry], entry);
        }

        Set(token, id);
    }

    /// <summary>The id of a token, or −1.</summary>
    public int IdOf(ReadOnlySpan<byte> token)
    {
        int entry = Find(token, ByteHash.Of(token), out _);
        return entry < 0 ? -1 : _ids[entry];
    }

    /// <summary>The token of an id. Where several have it, the last one set.</summary>
    public bool TryGetToken(int id, out ReadOnlySpan<byte> token)
    {
        int entry = EntryOf(id);
        entry = entry < 0 && _former is not null ? _former.GetValueOrDefault(id, -1) : entry;
        token = entry < 0 ? default : TokenAt(entry);
        return entry >= 0;
    }

    /// <summary>The token that was added at a place in the order.</summary>
    public ReadOnlySpan<byte> TokenAt(int entry) => _bytes.AsSpan(_starts[entry], _starts[entry + 1] - _starts[entry]);

    /// <summary>The id of the token at a place in the order.</summary>
    public int IdAt(int entry) => _ids[entry];

    private int EntryOf(int id)
    {
        if (_entryOfId is null && _sparse is null)
        {
            BuildReverse();
        }

        if (_sparse is not null)
        {
            return _sparse.GetValueOrDefault(id, -1);
        }

        return (uint)id < (uint)_entryOfId!.Length ? _entryOfId[id] - 1 : -1;
    }

    [MemberNotNull(nameof(_entryOfId))]
    private void BuildReverse()
    {
        if (MaxId > 8 * Count + 1024)
        {
            Dictionary<int, int> sparse = new(Count);
            for (int i = 0; i < Count; i++)
            {
                sparse[_ids[i]] = i;
            }

            _entryOfId = [];
            _sparse = sparse;
            return;
        }

        int[] entries = new int[MaxId + 1];
        for (int i = 0; i < Count; i++)
        {
            entries[_ids[i]] = i + 1;
        }

        _entryOfId = entries;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int Find(ReadOnlySpan<byte> token, uint hash, out int slot)
    {
        ulong[] slots = _slots;
        int mask = slots.Length - 1;
        slot = (int)hash & mask;
        while (true)
        {
            ulong found = slots[slot];
            if (found == 0)
            {
                return -1;
            }

            if ((uint)(found >> 32) == hash)
            {
                int entry = (int)(uint)found - 1;
                if (TokenAt(entry).SequenceEqual(token))
                {
                    return entry;
                }
            }

            slot = (slot + 1) & mask;
        }
    }

    private void Grow()
    {
        ulong[] old = _slots;
        ulong[] slots = new ulong[old.Length * 2];
        int mask = slots.Length - 1;
        foreach (ulong entry in old)
        {
            if (entry != 0)
            {
                int slot = (int)(entry >> 32) & mask;
                while (slots[slot] != 0)
                {
                    slot = (slot + 1) & mask;
                }

                slots[slot] = entry;
            }
        }

        _slots = slots;
    }
}
