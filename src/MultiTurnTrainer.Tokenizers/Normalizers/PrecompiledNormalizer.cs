using System.Buffers.Binary;
using MultiTurnTrainer.Tokenizers.Text;
using MultiTurnTrainer.Unicode;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary>
/// <c>Precompiled</c>: sentencepiece's character map, a double-array trie of UTF-8 bytes over replacement texts. A whole
/// grapheme cluster of under six bytes is replaced by the text of the shortest prefix that the trie knows, otherwise its
/// scalars one by one.
/// </summary>
internal sealed class PrecompiledNormalizer : INormalizer
{
    private const int LongCluster = 6;
    private readonly uint[] _units;
    private readonly byte[] _texts;

    /// <summary>Reads the map: the trie's size in bytes, the trie, the texts, each with a NUL behind it.</summary>
    /// <exception cref="InvalidDataException">It is cut short or not UTF-8.</exception>
    public PrecompiledNormalizer(ReadOnlySpan<byte> map)
    {
        if (map.Length < 4 || BinaryPrimitives.ReadUInt32LittleEndian(map) > map.Length - 4)
        {
            throw new InvalidDataException("the character map is cut short");
        }

        int size = (int)BinaryPrimitives.ReadUInt32LittleEndian(map) / 4;
        _units = new uint[size];
        for (int i = 0; i < size; i++)
        {
            _units[i] = BinaryPrimitives.ReadUInt32LittleEndian(map[(4 + 4 * i)..]);
        }

        _texts = map[(4 + 4 * size)..].ToArray();
        if (size == 0 || !System.Text.Unicode.Utf8.IsValid(_texts))
        {
            throw new InvalidDataException("the character map is damaged");
        }
    }

    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target)
    {
        List<ScalarChange> changes = new(piece.Length);
        bool modified = false;
        for (int at = piece.Start; at < piece.End; )
        {
            int end = GraphemeClusters.EndOf(source.Bytes[..piece.End], at);
            if (end - at < LongCluster && Find(source.Bytes[at..end], out int text, out int length))
            {
                Replace(changes, source.Bytes[at..end], _texts.AsSpan(text, length));
                modified = true;
                at = end;
                continue;
            }

            while (at < end)
            {
                int scalar = Utf8.Decode(source.Bytes, at, out int size);
                if (Find(source.Bytes.Slice(at, size), out text, out length))
                {
                    Replace(changes, source.Bytes.Slice(at, size), _texts.AsSpan(text, length));
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

    // The text of the shortest known prefix.
    private bool Find(ReadOnlySpan<byte> key, out int start, out int length)
    {
        (start, length) = (0, 0);
        uint node = Offset(_units[0]);
        foreach (byte label in key)
        {
            if (label == 0)
            {
                return false;
            }

            node ^= label;
            if (node >= _units.Length)
            {
                return false;
            }

            uint unit = _units[node];
            if ((unit & 0x8000_00FF) != label)
            {
                return false;
            }

            node ^= Offset(unit);
            if ((unit >> 8 & 1) == 1 && node < _units.Length)
            {
                start = (int)(_units[node] & 0x7FFF_FFFF);
                if (start >= _texts.Length)
                {
                    start = _texts.Length;
                }

                int end = _texts.AsSpan(start).IndexOf((byte)0);
                length = end < 0 ? _texts.Length - start : end;
                return true;
            }
        }

        return false;
    }

    private static uint Offset(uint unit) => (unit >> 10) << (int)((unit & (1u << 9)) >> 6);
}
