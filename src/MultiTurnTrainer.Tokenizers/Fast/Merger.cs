using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>Merges the symbols of a word in place: by scan in short words, by heap in long ones.</summary>
internal sealed class Merger(MergeTable table)
{
    private const int LongestScan = 64;
    private readonly uint[] _ranks = new uint[LongestScan];
    private readonly BpeWord _word = new();

    /// <summary>Merges symbols until none merges; returns how many are left.</summary>
    public int Merge(Span<int> ids)
    {
        if (ids.Length > LongestScan)
        {
            return MergeLong(ids);
        }

        for (int i = 0; i + 1 < ids.Length; i++)
        {
            _ranks[i] = table.Find(ids[i], ids[i + 1]);
        }

        return MergeShort(ids);
    }

    /// <summary>The same for a word of bytes.</summary>
    /// <param name="word">The bytes.</param>
    /// <param name="symbols">The id of every byte.</param>
    /// <param name="pairs">The rank of every two bytes, the first in the upper half of the index.</param>
    /// <param name="ids">Room for the ids.</param>
    public int Merge(ReadOnlySpan<byte> word, int[] symbols, uint[] pairs, Span<int> ids)
    {
        for (int i = 0; i < word.Length; i++)
        {
            ids[i] = symbols[word[i]];
        }

        if (word.Length > LongestScan)
        {
            return MergeLong(ids);
        }

        for (int i = 0; i + 1 < word.Length; i++)
        {
            _ranks[i] = pairs[(word[i] << 8) | word[i + 1]];
        }

        return MergeShort(ids);
    }

    // Symbols lie side by side; the rank at i is that of symbols i and i + 1.
    private int MergeShort(Span<int> ids)
    {
        int last = ids.Length - 1;
        ref int id = ref MemoryMarshal.GetReference(ids);
        ref uint rank = ref MemoryMarshal.GetArrayDataReference(_ranks);
        while (true)
        {
            uint best = MergeTable.None;
            int at = -1;
            for (int i = 0; i < last; i++)
            {
                uint candidate = Unsafe.Add(ref rank, i);
                if (candidate < best)
                {
                    best = candidate;
                    at = i;
                }
            }

            if (at < 0)
            {
                return last + 1;
            }

            int merged = table.IdOf(best, Unsafe.Add(ref id, at), Unsafe.Add(ref id, at + 1));
            Unsafe.Add(ref id, at) = merged;
            for (int i = at + 1; i < last; i++)
            {
                Unsafe.Add(ref id, i) = Unsafe.Add(ref id, i + 1);
                Unsafe.Add(ref rank, i) = Unsafe.Add(ref rank, i + 1);
            }

            last--;
            if (at < last)
            {
                Unsafe.Add(ref rank, at) = table.Find(merged, Unsafe.Add(ref id, at + 1));
            }

            if (at > 0)
            {
                Unsafe.Add(ref rank, at - 1) = table.Find(Unsafe.Add(ref id, at - 1), merged);
            }
        }
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
