using System.Runtime.CompilerServices;

namespace MultiTurnTrainer.Tokenization.Tokenizers.Models;

/// <summary>The merges of a BPE model: a pair of ids gives a rank and the id that the pair becomes.</summary>
internal sealed class MergeTable
{
    /// <summary>What <see cref="Find"/> gives for a pair that does not merge: larger than any rank.</summary>
    public const ulong None = ulong.MaxValue;

    private readonly ulong[] _entries;
    private readonly byte[] _tags;
    private readonly int _mask;
    private readonly int _shift;

    public MergeTable(int count)
    {
        int bits = 4;
        while ((1 << bits) < count + count / 2)
        {
            bits++;
        }

        // Key and value lie side by side. Most pairs do not merge: the tags, small enough to stay near, say so.
        _entries = new ulong[2 << bits];
        _tags = new byte[1 << bits];
        _mask = (1 << bits) - 1;
        _shift = 64 - bits;
    }

    /// <summary>Sets a merge; a pair that is set again gets the new rank.</summary>
    public void Set(int left, int right, int rank, int id)
    {
        ulong key = KeyOf(left, right);
        ulong hash = HashOf(key);
        int slot = (int)(hash >> _shift);
        while (_tags[slot] != 0 && _entries[2 * slot] != key)
        {
            slot = (slot + 1) & _mask;
        }

        _tags[slot] = TagOf(hash);
        _entries[2 * slot] = key;
        _entries[2 * slot + 1] = ((ulong)(uint)rank << 32) | (uint)id;
    }

    /// <summary>The rank (upper half) and the new id (lower half) of a pair, or <see cref="None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Find(int left, int right)
    {
        ulong key = KeyOf(left, right);
        ulong hash = HashOf(key);
        int slot = (int)(hash >> _shift);
        byte wanted = TagOf(hash);
        byte[] tags = _tags;
        ulong[] entries = _entries;
        while (true)
        {
            byte tag = tags[slot];
            if (tag == 0)
            {
                return None;
            }

            if (tag == wanted && entries[2 * slot] == key)
            {
                return entries[2 * slot + 1];
            }

            slot = (slot + 1) & _mask;
        }
    }

    /// <summary>All merges, in no order.</summary>
    public IEnumerable<(int Left, int Right, int Id)> All()
    {
        for (int slot = 0; slot <= _mask; slot++)
        {
            if (_tags[slot] != 0)
            {
                ulong key = _entries[2 * slot];
                yield return ((int)(key >> 32), (int)key, (int)_entries[2 * slot + 1]);
            }
        }
    }

    private static ulong KeyOf(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    private static ulong HashOf(ulong key)
    {
        ulong hash = key * 0x9E37_79B9_7F4A_7C15;
        return (hash ^ (hash >> 29)) * 0xBF58_476D_1CE4_E5B9;
    }

    // Bits that the slot does not use; never 0.
    private static byte TagOf(ulong hash) => (byte)(hash | 1);
}
