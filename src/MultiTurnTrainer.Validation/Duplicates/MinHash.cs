using System.Buffers;
using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Rules;

namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>
/// Signatures of a conversation's word triples by one-permutation MinHash (Li, Owen, Zhang, NIPS 2012) with densification
/// (Shrivastava, Li, ICML 2014): one hash a triple, 64 bins, an empty bin takes the next full one's value.
/// </summary>
internal sealed class MinHash
{
    /// <summary>Values of a signature.</summary>
    public const int Bins = 64;

    private const int Words = 3;
    private static readonly SearchValues<byte> _space = SearchValues.Create(" \t\r\n.,;:!?\"'()[]{}<>|/\\*#-_=+~`"u8);

    private readonly ulong[] _bins = new ulong[Bins];

    /// <summary>The signature of the last row.</summary>
    public ReadOnlySpan<ulong> Signature => _bins;

    /// <summary>Whether the last row had enough words to be compared.</summary>
    public bool IsUsable { get; private set; }

    /// <summary>Makes the signature of a row's texts.</summary>
    public void Load(Row row)
    {
        Array.Fill(_bins, ulong.MaxValue);
        int shingles = 0;
        foreach (TextToken text in row.Texts)
        {
            shingles += text.IsReasoning ? 0 : Add(text.Utf8);
        }

        IsUsable = shingles >= 5;
        if (IsUsable)
        {
            Densify();
        }
    }

    private int Add(ReadOnlySpan<byte> text)
    {
        ulong before = 0;
        ulong last = 0;
        int words = 0;
        while (!text.IsEmpty)
        {
            int length = text.IndexOfAny(_space);
            length = length < 0 ? text.Length : length;
            if (length > 0)
            {
                // Scripts without spaces give long words; pieces of a dozen bytes stand for their words.
                foreach (ReadOnlySpan<byte> word in new Pieces(text[..length]))
                {
                    ulong hash = StableHash.Of(word);
                    words++;
                    if (words >= Words)
                    {
                        Put(StableHash.Mix(hash ^ (last * 3) ^ (before * 7)));
                    }

                    (before, last) = (last, hash);
                }
            }

            text = text[Math.Min(length + 1, text.Length)..];
        }

        return Math.Max(0, words - Words + 1);
    }

    private void Put(ulong hash)
    {
        int bin = (int)(hash & (Bins - 1));
        ulong value = hash >> 6;
        if (value < _bins[bin])
        {
            _bins[bin] = value;
        }
    }

    private void Densify()
    {
        for (int bin = 0; bin < Bins; bin++)
        {
            int from = bin;
            while (_bins[from] >> 63 != 0)
            {
                // Borrowed values carry the top bit, so that borrowing stops at values of a bin's own.
                from = (from + 1) % Bins;
            }

            if (from != bin)
            {
                _bins[bin] = (1UL << 63) | StableHash.Mix(_bins[from] + (ulong)((from - bin + Bins) % Bins));
            }
        }
    }

    private ref struct Pieces(ReadOnlySpan<byte> word)
    {
        private const int Longest = 24;
        private const int Piece = 12;
        private ReadOnlySpan<byte> _rest = word;

        public ReadOnlySpan<byte> Current { get; private set; }

        public readonly Pieces GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            int length = _rest.Length <= Longest ? _rest.Length : Piece;
            Current = _rest[..length];
            _rest = _rest[length..];
            return true;
        }
    }
}
