namespace MultiTurnTrainer.Models.Safetensors;

/// <summary>One tensor to write.</summary>
/// <param name="Name">The tensor's name.</param>
/// <param name="Type">The element type.</param>
/// <param name="Shape">The sizes, outermost first.</param>
/// <param name="Write">Writes exactly the tensor's bytes, row-major and little-endian.</param>
public sealed record SafetensorsPiece(string Name, SafetensorsType Type, long[] Shape, Action<Stream> Write)
{
    private const int CopyBytes = 1 << 24;

    /// <summary>The number of bytes.</summary>
    public long Length => Shape.Aggregate((long)Type.Bits(), (product, size) => checked(product * size)) / 8;

    /// <summary>A piece over bytes that are at hand.</summary>
    public static SafetensorsPiece Of(string name, SafetensorsType type, long[] shape, ReadOnlyMemory<byte> bytes) =>
        new(name, type, shape, stream => stream.Write(bytes.Span));

    /// <summary>A piece that is a tensor of another file, read when it is written; a number that is not finite is refused then.</summary>
    /// <param name="file">Must be open until the piece is written.</param>
    /// <param name="entry">One of its tensors.</param>
    public static SafetensorsPiece Copy(SafetensorsFile file, SafetensorsEntry entry) =>
        new(
            entry.Name,
            entry.Type,
            entry.Shape,
            stream =>
            {
                byte[] block = new byte[Math.Min(CopyBytes, entry.Length)];
                for (long done = 0; done < entry.Length; done += block.Length)
                {
                    Span<byte> part = block.AsSpan(0, (int)Math.Min(block.Length, entry.Length - done));
                    file.Read(entry, done, part);
                    FiniteNumbers.Require(part, file, entry);
                    stream.Write(part);
                }
            }
        );
}

/// <summary>Writes files byte for byte as the reference library does: type descending, then name; data aligned to 8.</summary>
public static class SafetensorsWriter
{
    /// <summary>What PyTorch tools expect in <c>__metadata__</c>.</summary>
    public static IReadOnlyDictionary<string, string> PyTorchMetadata { get; } =
        new SortedDictionary<string, string>(StringComparer.Ordinal) { ["format"] = "pt" };

    /// <summary>Writes a file under a temporary name and renames it.</summary>
    /// <param name="path">The final path.</param>
    /// <param name="pieces">The tensors, in any order.</param>
    /// <param name="metadata">The header's <c>__metadata__</c>; none when null or empty.</param>
    /// <param name="force">Whether a file at that path may be replaced.</param>
    /// <exception cref="MttException">The path is taken or cannot be written, or the disk is full.</exception>
    public static void Write(
        string path,
        IEnumerable<SafetensorsPiece> pieces,
        IReadOnlyDictionary<string, string>? metadata,
        bool force
    )
    {
        using OutputFile file = OutputFile.Create(path, force);
        Write(file.Stream, pieces, metadata);
        file.Commit();
    }

    /// <summary>Writes to a stream.</summary>
    public static void Write(
        Stream stream,
        IEnumerable<SafetensorsPiece> pieces,
        IReadOnlyDictionary<string, string>? metadata
    )
    {
        SafetensorsPiece[] ordered =
        [
            .. pieces.OrderByDescending(piece => piece.Type).ThenBy(piece => piece.Name, StringComparer.Ordinal),
        ];
        byte[] header = Header(ordered, metadata);
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(length, (ulong)header.Length);
        stream.Write(length);
        stream.Write(header);
        foreach (SafetensorsPiece piece in ordered)
        {
            long before = stream.Position;
            piece.Write(stream);
            if (stream.Position - before != piece.Length)
            {
                throw new InvalidOperationException(
                    $"{piece.Name}: {stream.Position - before} bytes written, {piece.Length} announced"
                );
            }
        }
    }

    private static byte[] Header(SafetensorsPiece[] ordered, IReadOnlyDictionary<string, string>? metadata)
    {
        ArrayBufferWriter<byte> buffer = new();
        using (Utf8JsonWriter writer = new(buffer, JsonText.Writer))
        {
            writer.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                writer.WriteStartObject("__metadata__");
                foreach ((string key, string value) in metadata)
                {
                    writer.WriteString(key, value);
                }

                writer.WriteEndObject();
            }

            long offset = 0;
            foreach (SafetensorsPiece piece in ordered)
            {
                writer.WriteStartObject(piece.Name);
                writer.WriteString("dtype", piece.Type.Name());
                WriteSizes(writer, "shape", piece.Shape);
                WriteSizes(writer, "data_offsets", [offset, offset + piece.Length]);
                writer.WriteEndObject();
                offset += piece.Length;
            }

            writer.WriteEndObject();
        }

        byte[] padded = new byte[(buffer.WrittenCount + 7) / 8 * 8];
        padded.AsSpan().Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(padded);
        return padded;
    }

    private static void WriteSizes(Utf8JsonWriter writer, string name, ReadOnlySpan<long> sizes)
    {
        writer.WriteStartArray(name);
        foreach (long size in sizes)
        {
            writer.WriteNumberValue(size);
        }

        writer.WriteEndArray();
    }
}
