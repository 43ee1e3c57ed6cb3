using System.Runtime.CompilerServices;

namespace MultiTurnTrainer.Tokenization.Tokenizers.Models;

/// <summary>The merges of a BPE model: a pair of ids gives a rank and the id that the pair becomes.</summary>
internal sealed class MergeTable
{
    /// <summary>What <see cref="Find"/> gives for a pair that does not merge: larger than any rank.</summary>
    public const ulong None = ulong.MaxValue;

    private readonly ulong[] _entries;
    private readonly int _mask;
    private readonly int _shift;

    public MergeTable(int count)
    {
        int bits = 4;
        while ((1 << bits) < count * 2)
        {
            bits++;
        }

        // Key and value lie side by side.
        _entries = new ulong[2 << bits];
        _entries.AsSpan().Fill(None);
        _mask = (1 << bits) - 1;
        _shift = 64 - bits;
    }

    /// <summary>Sets a merge; a pair that is set again gets the new rank.</summary>
    public void Set(int left, int right, int rank, int id)
    {
        ulong key = KeyOf(left, right);
        int slot = SlotOf(key);
        while (_entries[2 * slot] != None && _entries[2 * slot] != key)
        {
            slot = (slot + 1) & _mask;
        }

        _entries[2 * slot] = key;
        _entries[2 * slot + 1] = ((ulong)(uint)rank << 32) | (uint)id;
    }

    /// <summary>The rank (upper half) and the new id (lower half) of a pair, or <see cref="None"/>.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public ulong Find(int left, int right)
    {
        ulong key = KeyOf(left, right);
        int slot = SlotOf(key);
        ulong[] entries = _entries;
        while (true)
        {
            ulong found = entries[2 * slot];
            if (found == key)
            {
                return entries[2 * slot + 1];
            }

            if (found == None)
            {
                return None;
            }

            slot = (slot + 1) & _mask;
        }
    }

    private static ulong KeyOf(int left, int right) => ((ulong)(uint)left << 32) | (uint)right;

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int SlotOf(ulong key) => (int)((key * 0x9E37_79B9_7F4A_7C15) >> _shift);
}
