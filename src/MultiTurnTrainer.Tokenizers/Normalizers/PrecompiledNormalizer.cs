using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary>
/// <c>Precompiled</c>: sentencepiece's character map. A whole grapheme cluster of under six bytes is replaced by the text
/// of the shortest prefix that the map knows, otherwise its scalars one by one.
/// </summary>
internal sealed class PrecompiledNormalizer(CharacterMap map) : INormalizer
{
    private const int LongCluster = 6;

    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target)
    {
        List<ScalarChange> changes = new(piece.Length);
        bool modified = false;
        for (int at = piece.Start; at < piece.End; )
        {
            int end = GraphemeClusters.EndOf(source.Bytes[..piece.End], at);
            if (end - at < LongCluster && Find(source.Bytes[at..end], out ReadOnlySpan<byte> text))
            {
                Replace(changes, source.Bytes[at..end], text);
                modified = true;
                at = end;
                continue;
            }

            while (at < end)
            {
                int scalar = Utf8.Decode(source.Bytes, at, out int size);
                if (Find(source.Bytes.Slice(at, size), out text))
                {
                    Replace(changes, source.Bytes.Slice(at, size), text);
                    modified = true;
                }
                else
                {
                    changes.Add(new ScalarChange(scalar, 0));
                }

                at += size;
            }
        }

        if (!modified)
        {
            target.Append(source, piece.Start, piece.Length);
            return;
        }

        Rewriter writer = new(source, piece, target);
        foreach (ScalarChange change in changes)
        {
            writer.Write(change.Scalar, change.Change);
        }
    }

    // New scalars stand for the old ones one to one; surplus is inserted, a lack is a removal behind the last scalar
    // written so far (even if that belongs to what came before; at the very beginning it is forgotten).
    private static void Replace(List<ScalarChange> changes, ReadOnlySpan<byte> old, ReadOnlySpan<byte> text)
    {
        int before = Utf8.Count(old);
        int after = 0;
        for (int at = 0; at < text.Length; after++)
        {
            int scalar = Utf8.Decode(text, at, out int length);
            at += length;
            changes.Add(new ScalarChange(scalar, after >= before ? 1 : 0));
        }

        if (after < before && changes.Count > 0)
        {
            changes[^1] = changes[^1] with { Change = changes[^1].Change + after - before };
        }
    }

    private bool Find(ReadOnlySpan<byte> key, out ReadOnlySpan<byte> text) =>
        map.TryFind(key, longest: false, out _, out text);
}
