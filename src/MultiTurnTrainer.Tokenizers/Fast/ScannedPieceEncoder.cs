using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>Byte-level models whose splitting pattern has a scanner.</summary>
internal sealed class ScannedPieceEncoder<TScanner>(BpeModel model, ByteWordEncoder words, bool needsNfc)
    : IPieceEncoder
    where TScanner : struct, IWordScanner
{
    private readonly Lazy<ushort[]> _lengths = new(() => TokenLengths.InScalars(model.Vocabulary));

    /// <inheritdoc/>
    public bool NeedsNfc => needsNfc;

    /// <inheritdoc/>
    public EncodeWorker NewWorker(WordCache cache) => new(words, model.Merges) { Words = cache };

    /// <inheritdoc/>
    public bool Encode(ReadOnlySpan<byte> text, int start, EncodeWorker worker, IdBuffer output)
    {
        ref byte bytes = ref MemoryMarshal.GetReference(text);
        int length = text.Length;
        ref int target = ref MemoryMarshal.GetReference(output.Reserve(length + 4));
        int count = 0;
        for (int at = 0; at < length; )
        {
            int part = TScanner.PartEnd(ref bytes, length, at);
            while (at < part)
            {
                int end = TScanner.WordEnd(ref bytes, part, at);
                count += worker.Encode(
                    ref Unsafe.Add(ref bytes, at),
                    end - at,
                    length - at,
                    ref Unsafe.Add(ref target, count)
                );
                at = end;
            }
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
        // A token's letters are its bytes; part of a scalar stands for all of it.
        ushort[] lengths = _lengths.Value;
        int at = 0;
        for (int i = 0; i < ids.Length; i++)
        {
            int start = (text[at] & 0xC0) == 0x80 ? scalar - 1 : scalar;
            int end = at + lengths[ids[i]];
            for (; at < end; at++)
            {
                scalar += (text[at] & 0xC0) == 0x80 ? 0 : 1;
            }

            offsets[i] = new TokenOffset(start, scalar);
        }
    }
}
