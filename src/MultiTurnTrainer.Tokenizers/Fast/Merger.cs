using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>Merges the symbols of a word in place: short words in registers, long ones by heap.</summary>
internal sealed class Merger(MergeTable table)
{
    // A symbol has a lane. Its key is the rank of the pair that it and the next symbol are, with the lane below: the
    // smallest key is the leftmost of the lowest rank.
    private const int Lanes = 32;
    private const int LaneBits = 5;
    private const int LaneMask = Lanes - 1;
    private const uint NoMerge = MergeTable.None << LaneBits;

    private readonly BpeWord _word = new();

    /// <summary>Merges symbols until none merges; returns how many are left.</summary>
    [SkipLocalsInit]
    public int Merge(Span<int> ids)
    {
        if (ids.Length > Lanes || !table.IsPlain)
        {
            return MergeLong(ids);
        }

        Span<uint> keys = stackalloc uint[Lanes];
        keys.Fill(NoMerge);
        for (int i = 0; i + 1 < ids.Length; i++)
        {
            keys[i] = (table.FindPlain(ids[i], ids[i + 1]) << LaneBits) | (uint)i;
        }

        return MergeShort(ids, keys);
    }

    /// <summary>The same for a word of bytes.</summary>
    /// <param name="word">The bytes.</param>
    /// <param name="symbols">The id of every byte.</param>
    /// <param name="pairs">The rank of every two bytes, the first in the upper half of the index.</param>
    /// <param name="ids">Room for the ids.</param>
    [SkipLocalsInit]
    public int Merge(ReadOnlySpan<byte> word, int[] symbols, uint[] pairs, Span<int> ids)
    {
        for (int i = 0; i < word.Length; i++)
        {
            ids[i] = symbols[word[i]];
        }

        if (word.Length > Lanes || !table.IsPlain)
        {
            return MergeLong(ids);
        }

        Span<uint> keys = stackalloc uint[Lanes];
        keys.Fill(NoMerge);
        for (int i = 0; i + 1 < word.Length; i++)
        {
            keys[i] = (pairs[(word[i] << 8) | word[i + 1]] << LaneBits) | (uint)i;
        }

        return MergeShort(ids, keys);
    }

    private int MergeShort(Span<int> symbols, ReadOnlySpan<uint> keys)
    {
        ref int id = ref MemoryMarshal.GetReference(symbols);
        Vector512<uint> lower = Vector512.Create(keys);
        Vector512<uint> upper = Vector512.Create(keys[Vector512<uint>.Count..]);
        uint live = uint.MaxValue >> (Lanes - symbols.Length);
        while (Smallest(Vector512.Min(lower, upper)) is var best and < NoMerge)
        {
            int at = (int)(best & LaneMask);
            uint behind = live & (~1u << at);
            int right = BitOperations.TrailingZeroCount(behind);
            int merged = table.IdOfPlain(best >> LaneBits);
            Unsafe.Add(ref id, at) = merged;
            live ^= 1u << right;
            Set(ref lower, ref upper, right, NoMerge);
            uint key = NoMerge;
            behind &= behind - 1;
            if (behind != 0)
            {
                int next = Unsafe.Add(ref id, BitOperations.TrailingZeroCount(behind));
                key = (table.FindPlain(merged, next) << LaneBits) | (uint)at;
            }

            Set(ref lower, ref upper, at, key);
            uint before = live & ((1u << at) - 1);
            if (before != 0)
            {
                int left = BitOperations.Log2(before);
                key = (table.FindPlain(Unsafe.Add(ref id, left), merged) << LaneBits) | (uint)left;
                Set(ref lower, ref upper, left, key);
            }
        }

        int count = 0;
        for (; live != 0; live &= live - 1)
        {
            Unsafe.Add(ref id, count++) = Unsafe.Add(ref id, BitOperations.TrailingZeroCount(live));
        }

        return count;
    }

    // Most words have no upper lanes.
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static void Set(ref Vector512<uint> lower, ref Vector512<uint> upper, int lane, uint key)
    {
        if (lane < Vector512<uint>.Count)
        {
            lower = With(lower, lane, key);
        }
        else
        {
            upper = With(upper, lane - Vector512<uint>.Count, key);
        }
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static Vector512<uint> With(Vector512<uint> keys, int lane, uint key) =>
        Vector512.ConditionalSelect(
            Vector512.Equals(Vector512<uint>.Indices, Vector512.Create((uint)lane)),
            Vector512.Create(key),
            keys
        );

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static uint Smallest(Vector512<uint> keys)
    {
        Vector256<uint> eight = Vector256.Min(keys.GetLower(), keys.GetUpper());
        Vector128<uint> four = Vector128.Min(eight.GetLower(), eight.GetUpper());
        four = Vector128.Min(four, Vector128.Shuffle(four, Vector128.Create(2u, 3, 0, 1)));
        return Vector128.Min(four, Vector128.Shuffle(four, Vector128.Create(1u, 0, 3, 2))).ToScalar();
    }

    private int MergeLong(Span<int> ids)
    {
        _word.Clear();
        foreach (int id in ids)
        {
            _word.Add(id, 1);
        }

        _word.Merge(table);
        int count = 0;
        for (int i = _word.First; i >= 0; i = _word.Next(i))
        {
            ids[count++] = _word.IdOf(i);
        }

        return count;
    }
}
