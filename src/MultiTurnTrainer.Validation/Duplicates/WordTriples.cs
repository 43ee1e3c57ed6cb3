using MultiTurnTrainer.Validation.Rows;
using MultiTurnTrainer.Validation.Rules;

namespace MultiTurnTrainer.Validation.Duplicates;

/// <summary>The set of a conversation's word triples as sorted 32-bit hashes: three words in a row of one text, punctuation and reasoning left out.</summary>
internal sealed class WordTriples
{
    private const int Words = 3;
    private const int LeastTriples = 5;
    private static readonly SearchValues<byte> _space = SearchValues.Create(" \t\r\n.,;:!?\"'()[]{}<>|/\\*#-_=+~`"u8);

    private uint[] _hashes = new uint[1024];
    private int _count;

    /// <summary>The different triples of the last row, in rising order.</summary>
    public ReadOnlySpan<uint> Hashes => _hashes.AsSpan(0, _count);

    /// <summary>Whether the last row had enough of them to be compared.</summary>
    public bool IsUsable => _count >= LeastTriples;

    /// <summary>Collects the triples of a row's texts.</summary>
    public void Load(Row row)
    {
        _count = 0;
        foreach (TextToken text in row.Texts)
        {
            if (!text.IsReasoning)
            {
                Add(text.Utf8);
            }
        }

        Span<uint> all = _hashes.AsSpan(0, _count);
        all.Sort();
        int different = Math.Min(_count, 1);
        for (int i = 1; i < all.Length; i++)
        {
            if (all[i] != all[i - 1])
            {
                all[different++] = all[i];
            }
        }

        _count = different;
    }

    private void Add(ReadOnlySpan<byte> text)
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
                        Put((uint)(StableHash.Mix(hash ^ (last * 3) ^ (before * 7)) >> 32));
                    }

                    (before, last) = (last, hash);
                }
            }

            text = text[Math.Min(length + 1, text.Length)..];
        }
    }

    private void Put(uint hash)
    {
        if (_count == _hashes.Length)
        {
            Array.Resize(ref _hashes, _count * 2);
        }

        _hashes[_count++] = hash;
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
