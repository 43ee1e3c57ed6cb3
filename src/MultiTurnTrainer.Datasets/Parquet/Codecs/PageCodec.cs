using System.IO.Compression;
using IronSnappy;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Parquet.Codecs;

/// <summary>Compresses and decompresses whole pages.</summary>
internal static class PageCodec
{
    /// <summary>The largest page that is read. Writers aim at 1 MiB; one value alone may be larger.</summary>
    public const int MaxPage = 1 << 30;

    /// <summary>Decompresses into exactly <paramref name="size"/> bytes.</summary>
    public static byte[] Decompress(ParquetCompression codec, byte[] data, int size)
    {
        if (size is < 0 or > MaxPage)
        {
            throw new InvalidDataException($"a page claims {size} bytes");
        }

        if (size == 0 && data.Length == 0)
        {
            return data;
        }

        byte[] output = codec switch
        {
            ParquetCompression.None => data,
            ParquetCompression.Snappy => Unsnap(data, size),
            ParquetCompression.Gzip => Inflate(
                new GZipStream(new MemoryStream(data), CompressionMode.Decompress),
                size
            ),
            ParquetCompression.Brotli => Unbrotli(data, size),
            ParquetCompression.Zstd => Zstd.Decompress(data, size),
            ParquetCompression.Lz4Raw => Lz4Block.Decompress(data, size),
            _ => throw new MttException(
                $"the file is compressed with codec {codec}, which mtt does not read",
                "Rewrite it with snappy, gzip or zstd."
            ),
        };
        return output.Length == size
            ? output
            : throw new InvalidDataException($"a page has {output.Length} bytes where its header says {size}");
    }

    /// <summary>Compresses a page; the codecs that mtt writes are none, snappy and gzip.</summary>
    public static byte[] Compress(ParquetCompression codec, ReadOnlySpan<byte> data)
    {
        switch (codec)
        {
            case ParquetCompression.None:
                return data.ToArray();
            case ParquetCompression.Snappy:
                return Snappy.Encode(data);
            case ParquetCompression.Gzip:
                MemoryStream output = new();
                using (GZipStream gzip = new(output, CompressionLevel.Optimal))
                {
                    gzip.Write(data);
                }

                return output.ToArray();
            default:
                throw new ArgumentOutOfRangeException(nameof(codec), codec, "not a codec that is written");
        }
    }

    private static byte[] Unsnap(byte[] data, int size)
    {
        // The stream begins with its length: compare before IronSnappy reserves it.
        int position = 0;
        if (Encodings.Varint.Read(data, ref position) != (ulong)size || size > 64 + (data.Length * 64L))
        {
            throw new InvalidDataException("a snappy page is damaged");
        }

        try
        {
            return Snappy.Decode(data);
        }
        catch (Exception problem) when (problem is not OutOfMemoryException)
        {
            // IronSnappy reports damage through several exception types.
            throw new InvalidDataException("a snappy page is damaged", problem);
        }
    }

    private static byte[] Unbrotli(byte[] data, int size)
    {
        byte[] output = Reserve(data, size);
        return BrotliDecoder.TryDecompress(data, output, out int written)
            ? output[..written]
            : throw new InvalidDataException("a brotli page is damaged");
    }

    private static byte[] Inflate(Stream stream, int size)
    {
        using (stream)
        {
            MemoryStream output = new(Math.Min(size, 1 << 20));
            byte[] chunk = new byte[1 << 16];
            int count;
            while ((count = stream.Read(chunk)) > 0)
            {
                if (output.Length + count > size)
                {
                    throw new InvalidDataException("a page is longer than its header says");
                }

                output.Write(chunk, 0, count);
            }

            return output.ToArray();
        }
    }

    // Brotli and zstd may really shrink a page ten-thousandfold; more is a claim, not a page.
    private static byte[] Reserve(byte[] data, int size) =>
        size <= 1024 + (data.Length * 100_000L)
            ? new byte[size]
            : throw new InvalidDataException("a page claims more bytes than it can hold");
}
