namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>
/// The merges of a BPE model: a pair of ids gives a rank, a rank the id that the pair becomes. Pair and rank share one
/// 64-bit number, so that a look-up touches one cache line.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>What <see cref="Find"/> gives for a pair that does not merge: larger than any rank.</summary>
    public const uint None = uint.MaxValue;

    private const int Tied = -1;
    private const int IdBits = 21;
    private const int RankBits = 22;
    private const ulong RankMask = (1UL << RankBits) - 1;

    private readonly ulong[] _entries;
    private readonly int[] _ids;
    private readonly Dictionary<(int, int), int> _tied = [];
    private readonly int _mask;
    private readonly int _shift;

    // For ids or ranks that do not fit the packed form; no model in use has such.
    private readonly Dictionary<(int, int), uint>? _wide;

    /// <summary>Builds a table in which every merge has a rank of its own; of a pair that occurs twice the later counts.</summary>
    /// <param name="merges">The merges in the order of their ranks.</param>
    public MergeTable(ReadOnlySpan<(int Left, int Right, int Id)> merges)
        : this(merges, [.. Enumerable.Range(0, merges.Length)]) { }

    /// <summary>Builds a table in which merges may share a rank: the leftmost comes first then.</summary>
    /// <param name="merges">The merges.</param>
    /// <param name="ranks">Their ranks, from 0 on and rising.</param>
    public MergeTable(ReadOnlySpan<(int Left, int Right, int Id)> merges, ReadOnlySpan<int> ranks)
    {
        int bits = 4;
        while ((1 << bits) < merges.Length + merges.Length / 2)
        {
            bits++;
        }

        _entries = new ulong[1 << bits];
        _mask = (1 << bits) - 1;
        _shift = 64 - bits;
        _ids = new int[ranks.IsEmpty ? 0 : ranks[^1] + 1];
        _wide = Fits(merges) ? null : [];
        Array.Fill(_ids, Tied);
        for (int i = 0; i < merges.Length; i++)
        {
            bool first = i == 0 || ranks[i - 1] != ranks[i];
            _ids[ranks[i]] = first || _ids[ranks[i]] == merges[i].Id ? merges[i].Id : Tied;
        }

        for (int i = 0; i < merges.Length; i++)
        {
            (int left, int right, int id) = merges[i];
            int rank = ranks[i];
            if (_ids[rank] == Tied)
            {
                _tied[(left, right)] = id;
            }

            if (_wide is not null)
            {
                _wide[(left, right)] = (uint)rank;
            }
            else
            {
                Set(left, right, rank);
            }
        }
    }

    /// <summary>Whether every merge has a rank of its own, below 2²², and pairs are packed.</summary>
    public bool IsPlain => _wide is null && _tied.Count == 0;

    /// <summary>The rank of a pair, or <see cref="None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Find(int left, int right) =>
        _wide is null ? FindPlain(left, right) : _wide.GetValueOrDefault((left, right), None);

    /// <summary>The same where the table <see cref="IsPlain"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint FindPlain(int left, int right)
    {
        ulong key = KeyOf(left, right);
        int slot = SlotOf(key);
        ref ulong entries = ref MemoryMarshal.GetArrayDataReference(_entries);
        while (true)
        {
            ulong entry = Unsafe.Add(ref entries, slot);
            if (entry >> RankBits == key)
            {
                return (uint)(entry & RankMask) - 1;
            }

            if (entry == 0)
            {
                return None;
            }

            slot = (slot + 1) & _mask;
        }
    }

    /// <summary>The id that a pair becomes.</summary>
    /// <param name="rank">The pair's rank.</param>
    /// <param name="left">Its left id.</param>
    /// <param name="right">Its right id.</param>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IdOf(uint rank, int left, int right)
    {
        int id = _ids[rank];
        return id != Tied ? id : _tied[(left, right)];
    }

    /// <summary>The same where the table <see cref="IsPlain"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IdOfPlain(uint rank) => _ids[rank];

    /// <summary>The ids that merges make, some of them more than once.</summary>
    public IEnumerable<int> Made => _ids.Where(id => id != Tied).Concat(_tied.Values);

    /// <summary>The pairs that merge, in no order.</summary>
    public IEnumerable<(int Left, int Right)> Pairs()
    {
        if (_wide is not null)
        {
            return _wide.Keys;
        }

        const int idMask = (1 << IdBits) - 1;
        return _entries
            .Where(entry => entry != 0)
            .Select(entry => ((int)(entry >> (RankBits + IdBits)), (int)(entry >> RankBits) & idMask));
    }

    private static bool Fits(ReadOnlySpan<(int Left, int Right, int Id)> merges)
    {
        foreach ((int left, int right, _) in merges)
        {
            if (left >= 1 << IdBits || right >= 1 << IdBits)
            {
                return false;
            }
        }

        return merges.Length < (int)RankMask;
    }

    private void Set(int left, int right, int rank)
    {
        ulong key = KeyOf(left, right);
        int slot = SlotOf(key);
        while (_entries[slot] != 0 && _entries[slot] >> RankBits != key)
        {
            slot = (slot + 1) & _mask;
        }

        // No rank is 0, so that no entry is.
        _entries[slot] = (key << RankBits) | (uint)(rank + 1);
    }

    private static ulong KeyOf(int left, int right) => ((ulong)(uint)left << IdBits) | (uint)right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int SlotOf(ulong key) => (int)(key * 0x9E37_79B9_7F4A_7C15 >> _shift);
}
