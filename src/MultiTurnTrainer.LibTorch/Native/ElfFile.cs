namespace MultiTurnTrainer.LibTorch.Native;

/// <summary>What a shared library asks the loader for: the part of an ELF file (64 bits, little-endian) that says so.</summary>
internal static class ElfFile
{
    private const int HeaderLength = 64;
    private const int SegmentLength = 56;
    private const uint Loaded = 1; // PT_LOAD
    private const uint Dynamic = 2; // PT_DYNAMIC
    private const ulong Needed = 1; // DT_NEEDED
    private const ulong Names = 5; // DT_STRTAB

    /// <summary>The libraries that a library needs, by name, in the loader's order; none where the file is no such library.</summary>
    /// <exception cref="IOException">It is cut off or damaged, or cannot be read.</exception>
    public static IReadOnlyList<string> ReadNeeded(string path)
    {
        using FileStream file = File.OpenRead(path);
        using BinaryReader reader = new(file);
        byte[] header = reader.ReadBytes(HeaderLength);
        if (header.Length < HeaderLength || !header.AsSpan().StartsWith("\u007fELF\u0002\u0001"u8))
        {
            return [];
        }

        Segment[] segments =
        [
            .. Enumerable
                .Range(0, BitConverter.ToUInt16(header, 56))
                .Select(i => ReadSegment(reader, BitConverter.ToInt64(header, 32) + (i * SegmentLength))),
        ];
        (ulong Tag, ulong Value)[] entries =
        [
            .. segments.Where(one => one.Kind == Dynamic).SelectMany(one => ReadEntries(reader, one)),
        ];
        ulong names = entries.FirstOrDefault(entry => entry.Tag == Names).Value;
        Segment? holder = Array.Find(segments, one => one.Kind == Loaded && one.Holds(names));
        return holder is null
            ? []
            :
            [
                .. entries
                    .Where(entry => entry.Tag == Needed)
                    .Select(entry => ReadName(reader, holder.Offset + (long)(names - holder.Address + entry.Value))),
            ];
    }

    private static Segment ReadSegment(BinaryReader reader, long at)
    {
        Seek(reader, at);
        uint kind = reader.ReadUInt32();
        _ = reader.ReadUInt32(); // flags
        long offset = reader.ReadInt64();
        ulong address = reader.ReadUInt64();
        _ = reader.ReadUInt64(); // physical address
        return new Segment(kind, offset, address, reader.ReadUInt64());
    }

    private static IEnumerable<(ulong Tag, ulong Value)> ReadEntries(BinaryReader reader, Segment dynamic)
    {
        Seek(reader, dynamic.Offset);
        for (ulong read = 0; read < dynamic.Length; read += 2 * sizeof(ulong))
        {
            yield return (reader.ReadUInt64(), reader.ReadUInt64());
        }
    }

    private static string ReadName(BinaryReader reader, long at)
    {
        Seek(reader, at);
        StringBuilder name = new();
        for (byte letter = reader.ReadByte(); letter != 0; letter = reader.ReadByte())
        {
            name.Append((char)letter);
        }

        return name.ToString();
    }

    private static void Seek(BinaryReader reader, long at) =>
        reader.BaseStream.Position =
            at >= 0 ? at : throw new EndOfStreamException("a place before the file's beginning");

    /// <summary>A stretch of the file, and where the loader puts it.</summary>
    private sealed record Segment(uint Kind, long Offset, ulong Address, ulong Length)
    {
        public bool Holds(ulong address) => address >= Address && address - Address < Length;
    }
}
