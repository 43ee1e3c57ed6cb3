using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>
/// The merges of a BPE model: a pair of ids gives a rank, a rank the id that the pair becomes. Pair and rank share one
/// 64-bit number, so that a look-up touches one cache line.
/// </summary>
internal sealed class MergeTable
{
    /// <summary>What <see cref="Find"/> gives for a pair that does not merge: larger than any rank.</summary>
    public const uint None = uint.MaxValue;

    private const int IdBits = 21;
    private const int RankBits = 22;
    private const ulong RankMask = (1UL << RankBits) - 1;

    private readonly ulong[] _entries;
    private readonly int[] _ids;
    private readonly int _mask;
    private readonly int _shift;

    // For ids or ranks that do not fit the packed form; no model in use has such.
    private readonly Dictionary<(int, int), uint>? _wide;

    /// <summary>Builds the table; of a pair that occurs twice the later rank counts.</summary>
    /// <param name="merges">The merges in the order of their ranks.</param>
    public MergeTable(ReadOnlySpan<(int Left, int Right, int Id)> merges)
    {
        int bits = 4;
        while ((1 << bits) < merges.Length + merges.Length / 2)
        {
            bits++;
        }

        _entries = new ulong[1 << bits];
        _mask = (1 << bits) - 1;
        _shift = 64 - bits;
        _ids = new int[merges.Length];
        _wide = Fits(merges) ? null : [];
        for (int rank = 0; rank < merges.Length; rank++)
        {
            (int left, int right, int id) = merges[rank];
            _ids[rank] = id;
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

    /// <summary>The number of ranks.</summary>
    public int Count => _ids.Length;

    /// <summary>The rank of a pair, or <see cref="None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public uint Find(int left, int right)
    {
        if (_wide is not null)
        {
            return _wide.GetValueOrDefault((left, right), None);
        }

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

    /// <summary>The id that the pair of a rank becomes.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public int IdOf(uint rank) => _ids[rank];

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
