using MultiTurnTrainer.Validation.Rules;

namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>
/// Finds earlier rows with a similar signature: sixteen bands of four values lead to candidates, and one byte of each of
/// the 64 values estimates the similarity. About 260 bytes a row, with a ceiling on rows.
/// </summary>
/// <param name="maxRows">Most rows held.</param>
/// <param name="threshold">Least estimated Jaccard similarity.</param>
internal sealed class NearIndex(int maxRows, double threshold)
{
    private const int Bands = 16;
    private const int RowsOfABand = MinHash.Bins / Bands;

    private readonly int[][] _tables = [.. Enumerable.Range(0, Bands).Select(_ => new int[1 << 12])];
    private byte[] _signatures = new byte[MinHash.Bins << 10];
    private uint[] _bandKeys = new uint[Bands << 10];
    private uint[] _lines = new uint[1 << 10];
    private ushort[] _files = new ushort[1 << 10];

    /// <summary>Rows held.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the ceiling was reached.</summary>
    public bool IsFull => Count >= maxRows;

    /// <summary>The most similar earlier row at or above the threshold; the row is added when there is none.</summary>
    public (ushort File, long Line, double Similarity)? FindOrAdd(MinHash hash, ushort file, long line)
    {
        Span<byte> signature = stackalloc byte[MinHash.Bins];
        Span<uint> keys = stackalloc uint[Bands];
        for (int i = 0; i < MinHash.Bins; i++)
        {
            signature[i] = (byte)StableHash.Mix(hash.Signature[i]);
        }

        for (int band = 0; band < Bands; band++)
        {
            ulong key = 0;
            for (int i = 0; i < RowsOfABand; i++)
            {
                key = StableHash.Combine(key, hash.Signature[(band * RowsOfABand) + i]);
            }

            keys[band] = (uint)key;
        }

        if (Best(signature, keys) is { } best)
        {
            return (_files[best.Row], _lines[best.Row], best.Similarity);
        }

        if (!IsFull)
        {
            Add(signature, keys, file, line);
        }

        return null;
    }

    private (int Row, double Similarity)? Best(ReadOnlySpan<byte> signature, ReadOnlySpan<uint> keys)
    {
        (int row, double similarity) = (-1, threshold);
        for (int band = 0; band < Bands; band++)
        {
            int[] table = _tables[band];
            int mask = table.Length - 1;
            for (int slot = (int)keys[band] & mask; table[slot] != 0; slot = (slot + 1) & mask)
            {
                int candidate = table[slot] - 1;
                if (_bandKeys[(candidate * Bands) + band] == keys[band] && candidate != row)
                {
                    double estimate = Similarity(signature, candidate);
                    if (estimate >= similarity)
                    {
                        (row, similarity) = (candidate, estimate);
                    }

                    // One row a band key is kept: the first of its kind stands for all.
                    break;
                }
            }
        }

        return row < 0 ? null : (row, similarity);
    }

    private double Similarity(ReadOnlySpan<byte> signature, int row)
    {
        ReadOnlySpan<byte> other = _signatures.AsSpan(row * MinHash.Bins, MinHash.Bins);
        int equal = 0;
        for (int i = 0; i < MinHash.Bins; i++)
        {
            equal += signature[i] == other[i] ? 1 : 0;
        }

        // One byte agrees by chance once in 256 times.
        double chance = 1.0 / 256;
        return Math.Max(0, (((double)equal / MinHash.Bins) - chance) / (1 - chance));
    }

    private void Add(ReadOnlySpan<byte> signature, ReadOnlySpan<uint> keys, ushort file, long line)
    {
        if (Count == _lines.Length)
        {
            int rows = Math.Min(maxRows, Count * 2);
            Array.Resize(ref _signatures, rows * MinHash.Bins);
            Array.Resize(ref _bandKeys, rows * Bands);
            Array.Resize(ref _lines, rows);
            Array.Resize(ref _files, rows);
        }

        int row = Count++;
        signature.CopyTo(_signatures.AsSpan(row * MinHash.Bins));
        keys.CopyTo(_bandKeys.AsSpan(row * Bands));
        (_lines[row], _files[row]) = ((uint)Math.Min(line, uint.MaxValue), file);
        for (int band = 0; band < Bands; band++)
        {
            if (Count * 4L > _tables[band].Length * 3L)
            {
                _tables[band] = Grow(_tables[band].Length * 2, band);
            }
            else
            {
                Insert(_tables[band], keys[band], row, band);
            }
        }
    }

    private int[] Grow(int length, int band)
    {
        int[] table = new int[length];
        for (int row = 0; row < Count; row++)
        {
            Insert(table, _bandKeys[(row * Bands) + band], row, band);
        }

        return table;
    }

    private void Insert(int[] table, uint key, int row, int band)
    {
        int mask = table.Length - 1;
        int slot = (int)key & mask;
        while (table[slot] != 0)
        {
            if (_bandKeys[((table[slot] - 1) * Bands) + band] == key)
            {
                return;
            }

            slot = (slot + 1) & mask;
        }

        table[slot] = row + 1;
    }
}
