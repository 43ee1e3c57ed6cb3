using MultiTurnTrainer.Tokenizers.AddedTokens;
using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>What one thread needs to encode: a cache of long words, a merger, buffers. Used by one call at a time.</summary>
internal sealed class EncodeWorker(IWordEncoder encoder, MergeTable merges)
{
    /// <summary>Most words that are encoded in one go: while one is looked up, the memory of the others is on its way.</summary>
    public const int WordsAtOnce = 32;

    private readonly LongWordCache _longWords = new();
    private readonly Merger _merger = new(merges);

    /// <summary>The words that all workers know.</summary>
    public required WordCache Words { get; set; }

    /// <summary>Added tokens found in the text.</summary>
    public List<AddedTokenMatch> Matches { get; } = [];

    /// <summary>Added tokens found in a piece of the text.</summary>
    public List<AddedTokenMatch> PieceMatches { get; } = [];

    /// <summary>The stretches of text that the ids stand for, where asked for.</summary>
    public List<EncodedStretch> Stretches { get; } = [];

    /// <summary>The ids of the last text, where no other buffer is given.</summary>
    public IdBuffer Ids { get; } = new();

    /// <summary>The text as UTF-8.</summary>
    public byte[] Text { get; set; } = new byte[4096];

    /// <summary>Whether the text at hand must be brought into NFC.</summary>
    public bool Normalizes { get; set; }

    /// <summary>Pieces of the text in NFC.</summary>
    public NfcText Nfc { get; } = new();

    /// <summary>Writes the measured ids of words that lie side by side; returns their number.</summary>
    /// <param name="text">The text's first byte.</param>
    /// <param name="at">Where the first word begins.</param>
    /// <param name="ends">Where each word ends; at most <see cref="WordsAtOnce"/>, none empty.</param>
    /// <param name="length">The text's length.</param>
    /// <param name="target">Room for an id for every byte, and two more.</param>
    [SkipLocalsInit]
    public int Encode(ref byte text, int at, ReadOnlySpan<int> ends, int length, ref int target)
    {
        Span<(ulong Low, ulong High)> keys = stackalloc (ulong Low, ulong High)[WordsAtOnce];
        int start = at;
        for (int i = 0; i < ends.Length; i++)
        {
            int size = ends[i] - start;
            if (size <= WordCache.LongestWord)
            {
                keys[i] = WordCache.KeyOf(ref Unsafe.Add(ref text, start), size, length - start);
                Words.Prefetch(keys[i].Low, keys[i].High);
            }

            start = ends[i];
        }

        int count = 0;
        for (int i = 0; i < ends.Length; i++)
        {
            ref int ids = ref Unsafe.Add(ref target, count);
            int size = ends[i] - at;
            if (size > WordCache.LongestWord)
            {
                count += EncodeLong(ref Unsafe.Add(ref text, at), size, ref ids);
            }
            else
            {
                (ulong low, ulong high) = keys[i];
                int known = Words.Find(low, high, ref ids);
                count += known > 0 ? known : EncodeNew(ref Unsafe.Add(ref text, at), size, low, high, ref ids);
            }

            at = ends[i];
        }

        return count;
    }

    private int EncodeNew(ref byte word, int length, ulong low, ulong high, ref int target)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.CreateReadOnlySpan(ref word, length);
        Span<int> ids = MemoryMarshal.CreateSpan(ref target, length);
        int count = 1;
        if (encoder.WholeWord(bytes) is var whole and >= 0)
        {
            ids[0] = whole;
        }
        else
        {
            count = encoder.Encode(bytes, _merger, ids);
        }

        encoder.Measure(ids[..count]);
        Words.Add(low, high, ids[..count]);
        return count;
    }

    private int EncodeLong(ref byte word, int length, ref int target)
    {
        ReadOnlySpan<byte> bytes = MemoryMarshal.CreateReadOnlySpan(ref word, length);
        if (length > LongWordCache.LongestWord)
        {
            return EncodeParts(bytes, ref target);
        }

        uint hash = LongWordCache.HashOf(bytes);
        ReadOnlySpan<int> known = _longWords.Find(bytes, hash);
        if (!known.IsEmpty)
        {
            known.CopyTo(MemoryMarshal.CreateSpan(ref target, length));
            return known.Length;
        }

        int count = EncodeParts(bytes, ref target);
        _longWords.Add(bytes, hash, MemoryMarshal.CreateReadOnlySpan(ref target, count));
        return count;
    }

    private int EncodeParts(ReadOnlySpan<byte> word, ref int target)
    {
        if (encoder.WholeWord(word) is var whole and >= 0)
        {
            target = whole;
            encoder.Measure(MemoryMarshal.CreateSpan(ref target, 1));
            return 1;
        }

        int count = 0;
        for (int at = 0; at < word.Length; )
        {
            int end = encoder.Cuts?.PartEnd(word, at) ?? word.Length;
            count += EncodePart(word[at..end], word.Length - at, ref Unsafe.Add(ref target, count));
            at = end;
        }

        return count;
    }

    // A part of a word is never taken whole; in the cache it is not the same as the word of its bytes.
    private int EncodePart(ReadOnlySpan<byte> part, int room, ref int target)
    {
        const ulong partOfWord = 1UL << 63;
        Span<int> ids = MemoryMarshal.CreateSpan(ref target, part.Length);
        if (part.Length > WordCache.LongestWord)
        {
            int many = encoder.Encode(part, _merger, ids);
            encoder.Measure(ids[..many]);
            return many;
        }

        (ulong low, ulong high) = WordCache.KeyOf(ref MemoryMarshal.GetReference(part), part.Length, room);
        high |= partOfWord;
        int count = Words.Find(low, high, ref target);
        if (count == 0)
        {
            count = encoder.Encode(part, _merger, ids);
            encoder.Measure(ids[..count]);
            Words.Add(low, high, ids[..count]);
        }

        return count;
    }
}
