using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>When a mark is put before a piece.</summary>
internal enum MarkRule
{
    /// <summary>Never.</summary>
    Never,

    /// <summary>Before every piece.</summary>
    Always,

    /// <summary>Before every piece that does not begin with a space or a mark.</summary>
    Missing,

    /// <summary>The same, but only at the beginning of the text.</summary>
    MissingAtStart,
}

/// <summary>Sentencepiece-style models, where a whole piece is one word: cut where no merge can reach over, so that the parts can be remembered.</summary>
internal sealed class MarkedPieceEncoder : IPieceEncoder
{
    private readonly BpeModel _model;
    private readonly MarkWordEncoder _words;
    private readonly MarkRule _rule;
    private readonly ScalarPairs _pairs;
    private readonly Lazy<ushort[]> _lengths;

    private MarkedPieceEncoder(BpeModel model, MarkWordEncoder words, MarkRule rule, ScalarPairs pairs)
    {
        _model = model;
        _words = words;
        _rule = rule;
        _pairs = pairs;
        _lengths = new Lazy<ushort[]>(() =>
        {
            ushort[] lengths = TokenLengths.InScalars(model.Vocabulary);
            foreach (int id in words.Bytes)
            {
                // Marks a part of a scalar.
                lengths[id] = 0;
            }

            return lengths;
        });
    }

    /// <summary>The encoder for a model, or null when it cannot be exact.</summary>
    public static MarkedPieceEncoder? TryCreate(BpeModel model, MarkRule rule)
    {
        if (model.Options.IgnoreMerges || MarkWordEncoder.TryCreate(model) is not { } words)
        {
            return null;
        }

        bool[] merged = new bool[model.Vocabulary.MaxId + 1];
        foreach (int id in model.Merges.Made)
        {
            merged[id] = true;
        }

        // Merges of byte tokens would reach over scalars that no token holds side by side.
        bool[] bytes = new bool[merged.Length];
        Array.ForEach(words.Bytes, id => bytes[id] = true);
        if (words.Bytes.Any(id => merged[id]) || model.Merges.Pairs().Any(p => bytes[p.Left] || bytes[p.Right]))
        {
            return null;
        }

        IEnumerable<int> ids = Enumerable.Range(0, merged.Length).Where(id => merged[id]);
        return new MarkedPieceEncoder(model, words, rule, new ScalarPairs(model.Vocabulary, ids));
    }

    /// <inheritdoc/>
    public bool NeedsNfc => false;

    /// <inheritdoc/>
    public bool KnowsPlaces => false;

    /// <inheritdoc/>
    public EncodeWorker NewWorker(WordCache cache) => new(_words, _model.Merges) { Words = cache };

    /// <inheritdoc/>
    [SkipLocalsInit]
    public bool Encode(ReadOnlySpan<byte> text, int start, EncodeWorker worker, IdBuffer output)
    {
        ref byte bytes = ref MemoryMarshal.GetReference(text);
        int length = text.Length;
        ref int target = ref MemoryMarshal.GetReference(output.Reserve(length + 8));
        int count = 0;
        int at = 0;
        bool prefix = NeedsMark(text, start);
        if (prefix)
        {
            at = EncodeFirst(text, worker, ref target, ref count);
        }

        Span<int> ends = stackalloc int[EncodeWorker.WordsAtOnce];
        while (at < length)
        {
            int first = at;
            int words = 0;
            while (words < ends.Length && at < length)
            {
                at = WordEnd(ref bytes, length, at);
                ends[words++] = at;
            }

            count += worker.Encode(ref bytes, first, ends[..words], length, ref Unsafe.Add(ref target, count));
        }

        output.Advance(count);
        return prefix;
    }

    /// <inheritdoc/>
    public void Locate(
        ReadOnlySpan<byte> text,
        int scalar,
        EncodedStretch stretch,
        ReadOnlySpan<RewrittenScalar> rewritten,
        ReadOnlySpan<int> ids,
        Span<TokenOffset> offsets
    )
    {
        bool hasPrefix = stretch.HasPrefix;
        ushort[] lengths = _lengths.Value;
        // Scalars are counted with the mark put before them, which stands for the first one.
        int shift = hasPrefix ? scalar - 1 : scalar;
        int position = 0;
        // The first byte of a scalar; only bytes as tokens ask for it.
        (int at, int atScalar) = (0, hasPrefix ? 1 : 0);
        int partial = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            int scalars = lengths[ids[i]];
            if (scalars > 0)
            {
                int first = Math.Max(shift + position, scalar);
                position += scalars;
                offsets[i] = new TokenOffset(first, Math.Max(shift + position, scalar + 1));
                continue;
            }

            for (; atScalar < position; atScalar++)
            {
                at += Utf8.LengthOf(text[at]);
            }

            offsets[i] = new TokenOffset(shift + position, shift + position + 1);
            if (++partial == Utf8.LengthOf(text[at]))
            {
                position++;
                partial = 0;
            }
        }
    }

    /// <inheritdoc/>
    public bool TryPlace(
        EncodedStretch stretch,
        ReadOnlySpan<RewrittenScalar> rewritten,
        ReadOnlySpan<int> ids,
        TokenSpans output
    ) => false;

    private bool NeedsMark(ReadOnlySpan<byte> text, int start) =>
        _rule switch
        {
            MarkRule.Never => false,
            MarkRule.Always => true,
            MarkRule.Missing => text[0] != ' ' && !text.StartsWith("▁"u8),
            _ => start == 0 && text[0] != ' ' && !text.StartsWith("▁"u8),
        };

    // The mark with the word behind it, or alone where it never joins that word.
    private int EncodeFirst(ReadOnlySpan<byte> text, EncodeWorker worker, ref int target, ref int count)
    {
        int end = _pairs.Contains(' ', Utf8.Decode(text, 0, out _))
            ? WordEnd(ref MemoryMarshal.GetReference(text), text.Length, 0)
            : 0;
        Span<byte> word = end < 256 ? stackalloc byte[256] : new byte[end + 1];
        word[0] = (byte)' ';
        text[..end].CopyTo(word[1..]);
        count += worker.Encode(ref word[0], 0, [end + 1], word.Length, ref target);
        return end;
    }

    private int WordEnd(ref byte text, int length, int at)
    {
        int left = ScalarAt(ref text, at, out int size);
        at += size;
        while (at < length)
        {
            int right = ScalarAt(ref text, at, out size);
            if (!_pairs.Contains(left, right))
            {
                break;
            }

            left = right;
            at += size;
        }

        return at;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private static int ScalarAt(ref byte text, int at, out int size)
    {
        int lead = Unsafe.Add(ref text, at);
        if (lead < 0x80)
        {
            size = 1;
            return lead;
        }

        return ScalarFlags.Decode(ref Unsafe.Add(ref text, at), lead, out size);
    }
}
