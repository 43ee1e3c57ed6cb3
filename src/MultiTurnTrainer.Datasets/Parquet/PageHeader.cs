using MultiTurnTrainer.Datasets.Parquet.Encodings;
using MultiTurnTrainer.Datasets.Parquet.Thrift;

namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>A page's head (parquet.thrift, <c>PageHeader</c>).</summary>
/// <param name="Kind">What the page holds.</param>
/// <param name="UncompressedLength">Bytes after decompression, levels included.</param>
/// <param name="CompressedLength">Bytes in the file after this head.</param>
/// <param name="Entries">Values and nulls.</param>
/// <param name="Encoding">The values' encoding.</param>
/// <param name="DefinitionLength">Version 2: bytes of the definition levels, never compressed.</param>
/// <param name="RepetitionLength">Version 2: bytes of the repetition levels, never compressed.</param>
/// <param name="IsCompressed">Version 2: whether the values are compressed.</param>
internal sealed record PageHeader(
    PageKind Kind,
    int UncompressedLength,
    int CompressedLength,
    int Entries,
    ValueEncoding Encoding,
    int DefinitionLength,
    int RepetitionLength,
    bool IsCompressed
)
{
    // Levels and positions of a page lie in memory at once.
    private const int MaxEntries = 1 << 24;

    /// <summary>Parses a head at the start of <paramref name="data"/>.</summary>
    /// <param name="data">Bytes that begin with the head.</param>
    /// <param name="length">Receives the head's length in bytes.</param>
    /// <exception cref="EndOfStreamException">The head is longer than the data.</exception>
    public static PageHeader Read(ReadOnlySpan<byte> data, out int length)
    {
        ThriftReader reader = new(data);
        PageHeader header = new(default, -1, -1, 0, default, 0, 0, true);
        int id = 0;
        while (reader.NextField(ref id, out ThriftType type))
        {
            switch (id)
            {
                case 1:
                    header = header with { Kind = (PageKind)reader.ReadInt(type) };
                    break;
                case 2:
                    header = header with { UncompressedLength = reader.ReadInt(type) };
                    break;
                case 3:
                    header = header with { CompressedLength = reader.ReadInt(type) };
                    break;
                case 5 or 7 or 8 when type == ThriftType.Struct:
                    header = ReadInner(ref reader, header, isVersion2: id == 8);
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        length = reader.Position;
        bool valid =
            header.UncompressedLength >= 0
            && header.CompressedLength >= 0
            && header.Entries is >= 0 and <= MaxEntries
            && header.DefinitionLength >= 0
            && header.RepetitionLength >= 0
            && (long)header.DefinitionLength + header.RepetitionLength
                <= Math.Min(header.CompressedLength, header.UncompressedLength);
        return valid ? header : throw new InvalidDataException("a page is described wrongly");
    }

    private static PageHeader ReadInner(ref ThriftReader reader, PageHeader header, bool isVersion2)
    {
        int id = 0;
        while (reader.NextField(ref id, out ThriftType type))
        {
            switch (id)
            {
                case 1:
                    header = header with { Entries = reader.ReadInt(type) };
                    break;
                case 2 when !isVersion2:
                case 4 when isVersion2:
                    header = header with { Encoding = (ValueEncoding)reader.ReadInt(type) };
                    break;
                case 5 when isVersion2:
                    header = header with { DefinitionLength = reader.ReadInt(type) };
                    break;
                case 6 when isVersion2:
                    header = header with { RepetitionLength = reader.ReadInt(type) };
                    break;
                case 7 when isVersion2:
                    header = header with { IsCompressed = reader.ReadBool(type) };
                    break;
                default:
                    reader.Skip(type);
                    break;
            }
        }

        return header;
    }
}
