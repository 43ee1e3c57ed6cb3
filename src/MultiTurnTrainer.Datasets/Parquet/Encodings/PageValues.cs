using System.Buffers.Binary;

namespace MultiTurnTrainer.Datasets.Parquet.Encodings;

/// <summary>
/// The values of a page (without its nulls) as bytes: fixed-width values lie one after the other, others are found
/// through starts and lengths, dictionary pages through indices.
/// </summary>
internal sealed class PageValues
{
    private readonly ReadOnlyMemory<byte> _data;
    private readonly int _width;
    private readonly int[]? _starts;
    private readonly int[]? _lengths;
    private readonly int[]? _indices;

    private PageValues(ReadOnlyMemory<byte> data, int count, int width, int[]? starts, int[]? lengths, int[]? indices)
    {
        _data = data;
        Count = count;
        _width = width;
        _starts = starts;
        _lengths = lengths;
        _indices = indices;
    }

    /// <summary>How many values there are.</summary>
    public int Count { get; }

    /// <summary>The bytes of all values one after the other, where they lie so; else empty.</summary>
    public ReadOnlyMemory<byte> Contiguous => _indices is null && _width > 0 ? _data[..(Count * _width)] : default;

    /// <summary>The bytes of one value.</summary>
    public ReadOnlySpan<byte> this[int index]
    {
        get
        {
            int at = _indices is null ? index : _indices[index];
            return _starts is null
                ? _data.Span.Slice(at * _width, _width)
                : _data.Span.Slice(_starts[at], _lengths![at]);
        }
    }

    /// <summary>Values of one width.</summary>
    public static PageValues Fixed(ReadOnlyMemory<byte> data, int count, int width) =>
        (long)count * width <= data.Length
            ? new PageValues(data, count, width, null, null, null)
            : throw new EndOfStreamException();

    /// <summary>Values of any length within <paramref name="data"/>.</summary>
    public static PageValues Variable(ReadOnlyMemory<byte> data, int[] starts, int[] lengths) =>
        new(data, starts.Length, 0, starts, lengths, null);

    /// <summary>Entries of a dictionary.</summary>
    public static PageValues Indexed(PageValues dictionary, int[] indices)
    {
        foreach (int index in indices)
        {
            if ((uint)index >= (uint)dictionary.Count)
            {
                throw new InvalidDataException("a value lies outside the dictionary");
            }
        }

        return new PageValues(
            dictionary._data,
            indices.Length,
            dictionary._width,
            dictionary._starts,
            dictionary._lengths,
            indices
        );
    }

    /// <summary>Length-prefixed values one after the other (plain byte arrays).</summary>
    public static PageValues LengthPrefixed(ReadOnlyMemory<byte> data, int count)
    {
        // Each value takes four bytes at least; a larger count would only reserve memory.
        if (count > data.Length / 4)
        {
            throw new EndOfStreamException();
        }

        int[] starts = new int[count];
        int[] lengths = new int[count];
        ReadOnlySpan<byte> bytes = data.Span;
        int position = 0;
        for (int i = 0; i < count; i++)
        {
            if (bytes.Length - position < 4)
            {
                throw new EndOfStreamException();
            }

            int length = BinaryPrimitives.ReadInt32LittleEndian(bytes[position..]);
            position += 4;
            if (length < 0 || length > bytes.Length - position)
            {
                throw new EndOfStreamException();
            }

            starts[i] = position;
            lengths[i] = length;
            position += length;
        }

        return Variable(data, starts, lengths);
    }
}
