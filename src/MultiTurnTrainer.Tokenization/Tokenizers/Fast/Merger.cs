using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using MultiTurnTrainer.Tokenization.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenization.Tokenizers.Fast;

/// <summary>Merges the symbols of a word in place: by scan in short words, by heap in long ones.</summary>
internal sealed class Merger(MergeTable table)
{
    private const int LongestScan = 64;
    private readonly ulong[] _merges = new ulong[LongestScan];
    private readonly BpeWord _word = new();

    /// <summary>Merges symbols until none merges; returns how many are left.</summary>
    public int Merge(Span<int> ids)
    {
        return ids.Length <= LongestScan ? MergeShort(ids) : MergeLong(ids);
    }

    private int MergeShort(Span<int> ids)
    {
        int last = ids.Length - 1;
        ref int id = ref MemoryMarshal.GetReference(ids);
        ref ulong merge = ref MemoryMarshal.GetArrayDataReference(_merges);
        for (int i = 0; i < last; i++)
        {
            Unsafe.Add(ref merge, i) = table.Find(Unsafe.Add(ref id, i), Unsafe.Add(ref id, i + 1));
        }

        while (true)
        {
            ulong best = MergeTable.None;
            int at = -1;
            for (int i = 0; i < last; i++)
            {
                ulong candidate = Unsafe.Add(ref merge, i);
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

            int merged = (int)best;
            Unsafe.Add(ref id, at) = merged;
            for (int i = at + 1; i < last; i++)
            {
                Unsafe.Add(ref id, i) = Unsafe.Add(ref id, i + 1);
                Unsafe.Add(ref merge, i) = Unsafe.Add(ref merge, i + 1);
            }

            last--;
            if (at < last)
            {
                Unsafe.Add(ref merge, at) = table.Find(merged, Unsafe.Add(ref id, at + 1));
            }

            if (at > 0)
            {
                Unsafe.Add(ref merge, at - 1) = table.Find(Unsafe.Add(ref id, at - 1), merged);
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
