using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>Byte-level models whose splitting pattern has a scanner.</summary>
internal sealed class ScannedPieceEncoder<TScanner>(BpeModel model, ByteWordEncoder words, bool needsNfc)
    : IPieceEncoder
    where TScanner : struct, IWordScanner
{
    /// <inheritdoc/>
    public bool NeedsNfc => needsNfc;

    /// <inheritdoc/>
    public bool KnowsPlaces => true;

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
        EncodedStretch stretch,
        ReadOnlySpan<RewrittenScalar> rewritten,
        ReadOnlySpan<int> ids,
        Span<TokenOffset> offsets
    )
    {
        if (rewritten.IsEmpty)
        {
            LocateUnchanged(text, scalar, ids, offsets);
            return;
        }

        PlaceWalker places = new(stretch, rewritten);
        int at = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            (int start, int end) = places.Next(LengthOf(ids[i]));
            start -= stretch.Start;
            end -= stretch.Start;
            // A token may begin inside the scalar of the one before.
            scalar += start >= at ? Utf8.Count(text[at..start]) : -Utf8.Count(text[start..at]);
            // A part of a scalar stands for all of it.
            int first = (text[start] & 0xC0) == 0x80 ? scalar - 1 : scalar;
            scalar += Utf8.Count(text[start..end]);
            offsets[i] = new TokenOffset(first, scalar);
            at = end;
        }
    }

    private void LocateUnchanged(ReadOnlySpan<byte> text, int scalar, ReadOnlySpan<int> ids, Span<TokenOffset> offsets)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            int length = LengthOf(ids[i]);
            // A part of a scalar stands for all of it.
            int first = (text[0] & 0xC0) == 0x80 ? scalar - 1 : scalar;
            scalar += Utf8.CountFirst(text, length);
            offsets[i] = new TokenOffset(first, scalar);
            text = text[length..];
        }
    }

    /// <inheritdoc/>
    public bool TryPlace(
        EncodedStretch stretch,
        ReadOnlySpan<RewrittenScalar> rewritten,
        ReadOnlySpan<int> ids,
        TokenSpans output
    )
    {
        PlaceWalker places = new(stretch, rewritten);
        output.Reserve(ids.Length);
        foreach (int measured in ids)
        {
            (int start, int end) = places.Next(LengthOf(measured));
            output.AddReserved(MeasuredIds.IdOf(measured), start, end);
        }

        return places.IsAtEnd;
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    private int LengthOf(int measured)
    {
        int length = MeasuredIds.LengthOf(measured);
        return length > 0 ? length : LengthOfLong(MeasuredIds.IdOf(measured));
    }

    private int LengthOfLong(int id) =>
        model.Vocabulary.TryGetToken(id, out ReadOnlySpan<byte> token) ? Utf8.Count(token) : 0;
}
