using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>Byte-level models whose splitting pattern has a scanner.</summary>
internal sealed class ScannedPieceEncoder<TScanner>(BpeModel model, ByteWordEncoder words, bool needsNfc)
    : IPieceEncoder
    where TScanner : struct, IWordScanner
{
    private readonly Lazy<TokenLength[]> _lengths = new(() => TokenLengths.OfBytes(model.Vocabulary));

    /// <inheritdoc/>
    public bool NeedsNfc => needsNfc;

    /// <inheritdoc/>
    public EncodeWorker NewWorker(WordCache cache) => new(words, model.Merges) { Words = cache };

    /// <inheritdoc/>
    [SkipLocalsInit]
    public bool Encode(ReadOnlySpan<byte> text, int start, EncodeWorker worker, IdBuffer output)
    {
        ref byte bytes = ref MemoryMarshal.GetReference(text);
        int length = text.Length;
        ref int target = ref MemoryMarshal.GetReference(output.Reserve(length + 4));
        Span<int> ends = stackalloc int[EncodeWorker.WordsAtOnce];
        int count = 0;
        int part = 0;
        for (int at = 0; at < length; )
        {
            int first = at;
            int words = 0;
            while (words < ends.Length && at < length)
            {
                part = at < part ? part : TScanner.PartEnd(ref bytes, length, at);
                at = TScanner.WordEnd(ref bytes, part, at);
                ends[words++] = at;
            }

            count += worker.Encode(ref bytes, first, ends[..words], length, ref Unsafe.Add(ref target, count));
        }

        output.Advance(count);
        return false;
    }

    /// <inheritdoc/>
    public void Locate(
        ReadOnlySpan<byte> text,
        int scalar,
        bool hasPrefix,
        ReadOnlySpan<int> ids,
        Span<TokenOffset> offsets
    )
    {
        // A part of a scalar stands for all of it.
        TokenLength[] lengths = _lengths.Value;
        int at = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            int start = (text[at] & 0xC0) == 0x80 ? scalar - 1 : scalar;
            TokenLength length = lengths[ids[i]];
            at += length.Bytes;
            scalar += length.Scalars;
            offsets[i] = new TokenOffset(start, scalar);
        }
    }
}
