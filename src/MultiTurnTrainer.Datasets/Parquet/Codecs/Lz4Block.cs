namespace MultiTurnTrainer.Datasets.Parquet.Codecs;

/// <summary>Decompresses one LZ4 block (the format's LZ4_RAW): literals and copies, no frame.</summary>
internal static class Lz4Block
{
    private const int ShortestCopy = 4;

    public static byte[] Decompress(ReadOnlySpan<byte> data, int size)
    {
        if (size > 64 + (data.Length * 256L))
        {
            throw new InvalidDataException("a page claims more bytes than it can hold");
        }

        byte[] output = new byte[size];
        int read = 0;
        int written = 0;
        while (read < data.Length)
        {
            byte token = data[read++];
            int literals = ReadLength(data, ref read, token >> 4);
            if (literals > data.Length - read || literals > size - written)
            {
                throw new EndOfStreamException();
            }

            data.Slice(read, literals).CopyTo(output.AsSpan(written));
            read += literals;
            written += literals;
            if (read == data.Length)
            {
                break;
            }

            if (data.Length - read < 2)
            {
                throw new EndOfStreamException();
            }

            int distance = data[read] | (data[read + 1] << 8);
            read += 2;
            int length = ReadLength(data, ref read, token & 15) + ShortestCopy;
            if (distance == 0 || distance > written || length > size - written)
            {
                throw new InvalidDataException("an LZ4 page is damaged");
            }

            // Byte by byte: a copy may overlap what it writes.
            for (int i = 0; i < length; i++, written++)
            {
                output[written] = output[written - distance];
            }
        }

        return written == size ? output : output[..written];
    }

    private static int ReadLength(ReadOnlySpan<byte> data, ref int read, int length)
    {
        if (length < 15)
        {
            return length;
        }

        byte next;
        do
        {
            next = read < data.Length ? data[read++] : throw new EndOfStreamException();
            length = checked(length + next);
        } while (next == 255);
        return length;
    }
}
