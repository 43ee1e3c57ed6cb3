using System.Buffers.Binary;

namespace MultiTurnTrainer.Datasets.Parquet.Encodings;

/// <summary>The three delta encodings of Parquet, reading only.</summary>
internal static class DeltaEncodings
{
    private const int MaxBlock = 1 << 20;
    private const int MaxBytes = 1 << 30;

    /// <summary>DELTA_BINARY_PACKED: exactly <c>output.Length</c> numbers; returns the bytes consumed.</summary>
    public static int Decode(ReadOnlySpan<byte> data, Span<long> output)
    {
        int position = 0;
        ulong block = Varint.Read(data, ref position);
        ulong miniblocks = Varint.Read(data, ref position);
        ulong total = Varint.Read(data, ref position);
        long value = Varint.ReadZigZag(data, ref position);
        if (block is 0 or > MaxBlock || miniblocks == 0 || miniblocks > block || block % (miniblocks * 8) != 0)
        {
            throw new InvalidDataException("a delta block is described wrongly");
        }

        if (total != (ulong)output.Length)
        {
            throw new InvalidDataException("a delta page has another number of values than its header says");
        }

        int perMiniblock = (int)(block / miniblocks);
        int filled = 0;
        if (output.Length > 0)
        {
            output[filled++] = value;
        }

        while (filled < output.Length)
        {
            long least = Varint.ReadZigZag(data, ref position);
            if ((int)miniblocks > data.Length - position)
            {
                throw new EndOfStreamException();
            }

            ReadOnlySpan<byte> widths = data.Slice(position, (int)miniblocks);
            position += (int)miniblocks;
            for (int i = 0; i < widths.Length && filled < output.Length; i++)
            {
                int count = Math.Min(perMiniblock, output.Length - filled);
                Unpack(data[position..], widths[i], least, ref value, output.Slice(filled, count));
                filled += count;
                position = Math.Min(position + (perMiniblock / 8 * widths[i]), data.Length);
            }
        }

        return position;
    }

    /// <summary>DELTA_LENGTH_BYTE_ARRAY: all lengths, then all bytes.</summary>
    public static PageValues DecodeLengths(ReadOnlyMemory<byte> data, int count)
    {
        long[] lengths = Numbers(count, data.Length);
        int position = Decode(data.Span, lengths);
        int[] starts = new int[count];
        int[] sizes = new int[count];
        for (int i = 0; i < count; i++)
        {
            if (lengths[i] < 0 || lengths[i] > data.Length - position)
            {
                throw new EndOfStreamException();
            }

            starts[i] = position;
            sizes[i] = (int)lengths[i];
            position += sizes[i];
        }

        return PageValues.Variable(data, starts, sizes);
    }

    /// <summary>DELTA_BYTE_ARRAY: each value repeats a prefix of the one before.</summary>
    public static PageValues DecodePrefixes(ReadOnlyMemory<byte> data, int count)
    {
        long[] prefixes = Numbers(count, data.Length);
        int position = Decode(data.Span, prefixes);
        PageValues suffixes = DecodeLengths(data[position..], count);
        int[] starts = new int[count];
        int[] lengths = new int[count];
        long total = 0;
        for (int i = 0; i < count; i++)
        {
            int before = i == 0 ? 0 : lengths[i - 1];
            if (prefixes[i] < 0 || prefixes[i] > before)
            {
                throw new InvalidDataException("a value repeats more than the one before it holds");
            }

            starts[i] = (int)total;
            lengths[i] = (int)prefixes[i] + suffixes[i].Length;
            total += lengths[i];
            if (total > MaxBytes)
            {
                throw new InvalidDataException("a page grows beyond 1 GiB");
            }
        }

        byte[] bytes = new byte[total];
        for (int i = 0; i < count; i++)
        {
            int prefix = (int)prefixes[i];
            Span<byte> target = bytes.AsSpan(starts[i], lengths[i]);
            if (prefix > 0)
            {
                bytes.AsSpan(starts[i - 1], prefix).CopyTo(target);
            }

            suffixes[i].CopyTo(target[prefix..]);
        }

        return PageValues.Variable(bytes, starts, lengths);
    }

    // A block of numbers takes its widths at least: one byte for eight numbers.
    private static long[] Numbers(int count, int bytes) =>
        count <= 64 + ((long)bytes * MaxBlock) ? new long[count] : throw new EndOfStreamException();

    private static void Unpack(ReadOnlySpan<byte> data, int width, long least, ref long value, Span<long> output)
    {
        if (width > 64)
        {
            throw new InvalidDataException($"a bit width of {width}");
        }

        if ((((long)output.Length * width) + 7) / 8 > data.Length)
        {
            throw new EndOfStreamException();
        }

        if (width > 56)
        {
            UnpackWide(data, width, least, ref value, output);
            return;
        }

        ulong mask = (1UL << width) - 1;
        long bit = 0;
        for (int i = 0; i < output.Length; i++)
        {
            ReadOnlySpan<byte> from = data[(int)(bit >> 3)..];
            ulong bits = from.Length >= 8 ? BinaryPrimitives.ReadUInt64LittleEndian(from) : ReadShort(from);

            // Deltas wrap around, as the format asks.
            value = unchecked(value + least + (long)((bits >> (int)(bit & 7)) & mask));
            output[i] = value;
            bit += width;
        }
    }

    private static ulong ReadShort(ReadOnlySpan<byte> bytes)
    {
        ulong value = 0;
        for (int i = 0; i < bytes.Length; i++)
        {
            value |= (ulong)bytes[i] << (8 * i);
        }

        return value;
    }

    private static void UnpackWide(ReadOnlySpan<byte> data, int width, long least, ref long value, Span<long> output)
    {
        UInt128 bits = 0;
        int have = 0;
        int next = 0;
        UInt128 mask = (UInt128.One << width) - 1;
        for (int i = 0; i < output.Length; i++)
        {
            while (have < width)
            {
                bits |= (UInt128)data[next++] << have;
                have += 8;
            }

            value = unchecked(value + least + (long)(ulong)(bits & mask));
            output[i] = value;
            bits >>= width;
            have -= width;
        }
    }
}
