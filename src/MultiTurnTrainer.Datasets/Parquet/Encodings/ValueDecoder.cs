using System.Buffers.Binary;

namespace MultiTurnTrainer.Datasets.Parquet.Encodings;

/// <summary>Turns a page's value bytes into <see cref="PageValues"/>, whatever their encoding.</summary>
internal static class ValueDecoder
{
    /// <summary>Bytes of one value; 0 where the length differs from value to value.</summary>
    public static int WidthOf(SchemaNode leaf) =>
        leaf.Type switch
        {
            PhysicalType.Boolean => 1,
            PhysicalType.Int32 or PhysicalType.Float => 4,
            PhysicalType.Int64 or PhysicalType.Double => 8,
            PhysicalType.Int96 => 12,
            PhysicalType.FixedLenByteArray => leaf.TypeLength,
            _ => 0,
        };

    public static PageValues Decode(
        SchemaNode leaf,
        ValueEncoding encoding,
        ReadOnlyMemory<byte> data,
        int count,
        PageValues? dictionary
    ) =>
        encoding switch
        {
            ValueEncoding.Plain => DecodePlain(leaf, data, count),
            ValueEncoding.PlainDictionary or ValueEncoding.RleDictionary => DecodeIndices(data.Span, count, dictionary),
            ValueEncoding.Rle when leaf.Type == PhysicalType.Boolean => DecodeRunLengthBooleans(data.Span, count),
            ValueEncoding.DeltaBinaryPacked when leaf.Type is PhysicalType.Int32 or PhysicalType.Int64 => DecodeDeltas(
                leaf,
                data.Span,
                count
            ),
            ValueEncoding.DeltaLengthByteArray when leaf.Type == PhysicalType.ByteArray => DeltaEncodings.DecodeLengths(
                data,
                count
            ),
            ValueEncoding.DeltaByteArray when leaf.Type is PhysicalType.ByteArray or PhysicalType.FixedLenByteArray =>
                DecodePrefixes(leaf, data, count),
            ValueEncoding.ByteStreamSplit when WidthOf(leaf) > 0 => DecodeStreams(data.Span, count, WidthOf(leaf)),
            _ => throw new InvalidDataException($"column {leaf.Path} uses encoding {encoding}, which is not read"),
        };

    private static PageValues DecodePlain(SchemaNode leaf, ReadOnlyMemory<byte> data, int count)
    {
        if (leaf.Type == PhysicalType.ByteArray)
        {
            return PageValues.LengthPrefixed(data, count);
        }

        if (leaf.Type != PhysicalType.Boolean)
        {
            return PageValues.Fixed(data, count, WidthOf(leaf));
        }

        int[] bits = new int[count];
        RleHybrid.Unpack(data.Span, 1, bits);
        return Booleans(bits);
    }

    private static PageValues DecodeIndices(ReadOnlySpan<byte> data, int count, PageValues? dictionary)
    {
        if (dictionary is null)
        {
            throw new InvalidDataException("a page refers to a dictionary that is not there");
        }

        int[] indices = new int[count];
        if (count > 0)
        {
            int bitWidth = data.IsEmpty ? throw new EndOfStreamException() : data[0];
            RleHybrid.Decode(data[1..], bitWidth, indices);
        }

        return PageValues.Indexed(dictionary, indices);
    }

    private static PageValues DecodeRunLengthBooleans(ReadOnlySpan<byte> data, int count)
    {
        int[] bits = new int[count];
        RleHybrid.Decode(data.Length < 4 ? throw new EndOfStreamException() : data[4..], 1, bits);
        return Booleans(bits);
    }

    private static PageValues Booleans(int[] bits) =>
        PageValues.Fixed(Array.ConvertAll(bits, bit => (byte)bit), bits.Length, 1);

    private static PageValues DecodeDeltas(SchemaNode leaf, ReadOnlySpan<byte> data, int count)
    {
        long[] numbers = new long[count];
        DeltaEncodings.Decode(data, numbers);
        int width = WidthOf(leaf);
        byte[] bytes = new byte[(long)count * width];
        for (int i = 0; i < count; i++)
        {
            Span<byte> target = bytes.AsSpan(i * width);
            if (width == 4)
            {
                BinaryPrimitives.WriteInt32LittleEndian(target, unchecked((int)numbers[i]));
            }
            else
            {
                BinaryPrimitives.WriteInt64LittleEndian(target, numbers[i]);
            }
        }

        return PageValues.Fixed(bytes, count, width);
    }

    private static PageValues DecodePrefixes(SchemaNode leaf, ReadOnlyMemory<byte> data, int count)
    {
        PageValues values = DeltaEncodings.DecodePrefixes(data, count);
        for (int i = 0; leaf.Type == PhysicalType.FixedLenByteArray && i < count; i++)
        {
            if (values[i].Length != leaf.TypeLength)
            {
                throw new InvalidDataException($"column {leaf.Path} holds a value of another length");
            }
        }

        return values;
    }

    private static PageValues DecodeStreams(ReadOnlySpan<byte> data, int count, int width)
    {
        if ((long)count * width > data.Length)
        {
            throw new EndOfStreamException();
        }

        byte[] bytes = new byte[count * width];
        for (int i = 0; i < count; i++)
        {
            for (int stream = 0; stream < width; stream++)
            {
                bytes[(i * width) + stream] = data[(stream * count) + i];
            }
        }

        return PageValues.Fixed(bytes, count, width);
    }
}
