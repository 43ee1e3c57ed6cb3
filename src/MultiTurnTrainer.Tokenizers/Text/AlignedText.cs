// Folder Text: UTF-8 text that knows where its characters came from.
// Refuses to know: tokens.
using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>A growing UTF-8 text in which every byte knows the range of the original text (in bytes) that it stands for.</summary>
internal sealed class AlignedText
{
    // Rules that lengthen a text, one behind the other, end here: a row is at most 32 MiB.
    private const int MaxLength = 128 << 20;

    private byte[] _bytes = new byte[256];
    private int[] _starts = new int[256];
    private int[] _ends = new int[256];

    /// <summary>The number of bytes.</summary>
    public int Length { get; private set; }

    /// <summary>The text.</summary>
    public ReadOnlySpan<byte> Bytes => _bytes.AsSpan(0, Length);

    /// <summary>For every byte, where its original range begins.</summary>
    public ReadOnlySpan<int> Starts => _starts.AsSpan(0, Length);

    /// <summary>For every byte, where its original range ends.</summary>
    public ReadOnlySpan<int> Ends => _ends.AsSpan(0, Length);

    /// <summary>Empties the text, keeping its memory.</summary>
    public void Clear() => Length = 0;

    /// <summary>Appends bytes that all stand for one original range.</summary>
    public void Append(ReadOnlySpan<byte> bytes, int start, int end)
    {
        Reserve(bytes.Length);
        bytes.CopyTo(_bytes.AsSpan(Length));
        _starts.AsSpan(Length, bytes.Length).Fill(start);
        _ends.AsSpan(Length, bytes.Length).Fill(end);
        Length += bytes.Length;
    }

    /// <summary>Appends one scalar that stands for an original range.</summary>
    public void Append(int scalar, int start, int end)
    {
        Span<byte> encoded = stackalloc byte[4];
        Append(encoded[..Utf8.Encode(scalar, encoded)], start, end);
    }

    /// <summary>Appends a part of another text with its alignment.</summary>
    public void Append(AlignedText source, int start, int length)
    {
        Reserve(length);
        source._bytes.AsSpan(start, length).CopyTo(_bytes.AsSpan(Length));
        source._starts.AsSpan(start, length).CopyTo(_starts.AsSpan(Length));
        source._ends.AsSpan(start, length).CopyTo(_ends.AsSpan(Length));
        Length += length;
    }

    /// <summary>Appends original text: every scalar stands for itself.</summary>
    /// <param name="original">The scalars' bytes.</param>
    /// <param name="offset">Where they lie in the original text.</param>
    public void AppendOriginal(ReadOnlySpan<byte> original, int offset)
    {
        Reserve(original.Length);
        original.CopyTo(_bytes.AsSpan(Length));
        for (int at = 0; at < original.Length; )
        {
            int length = Utf8.LengthOf(original[at]);
            _starts.AsSpan(Length + at, length).Fill(offset + at);
            _ends.AsSpan(Length + at, length).Fill(offset + at + length);
            at += length;
        }

        Length += original.Length;
    }

    private void Reserve(int more)
    {
        int needed = Length + more;
        if (needed > MaxLength)
        {
            throw new TokenizationException("the tokenizer's rules make more than 128 MiB of it");
        }

        if (needed > _bytes.Length)
        {
            int size = Math.Max(needed, _bytes.Length * 2);
            Array.Resize(ref _bytes, size);
            Array.Resize(ref _starts, size);
            Array.Resize(ref _ends, size);
        }
    }
}
