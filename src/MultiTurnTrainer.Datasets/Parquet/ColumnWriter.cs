using System.Buffers;
using System.Buffers.Binary;
using System.Runtime.InteropServices;
using MultiTurnTrainer.Datasets.Parquet.Codecs;
using MultiTurnTrainer.Datasets.Parquet.Encodings;
using MultiTurnTrainer.Datasets.Parquet.Thrift;

namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>
/// Collects one leaf column of one row group, entry by entry, and turns it into pages (version 1) that begin at rows.
/// Text columns get a dictionary where it saves space, 32-bit integers are delta-packed.
/// </summary>
internal sealed class ColumnWriter(SchemaNode leaf, ParquetCompression codec)
{
    // Delta-packed numbers leave a compressor nothing to find.
    private readonly ParquetCompression _codec = leaf.Type == PhysicalType.Int32 ? ParquetCompression.None : codec;

    private const int EntriesPerPage = 1 << 18;
    private const int MaxDictionary = 1 << 15;

    private readonly ArrayBufferWriter<byte> _repetition = new();
    private readonly ArrayBufferWriter<byte> _definition = new();
    private readonly ArrayBufferWriter<byte> _values = new();
    private readonly List<int> _ends = [];
    private readonly List<byte> _bits = [];

    /// <summary>Values and nulls collected.</summary>
    public int Entries { get; private set; }

    /// <summary>Bytes of the values collected.</summary>
    public int Bytes => _values.WrittenCount;

    /// <summary>The codec of the pages.</summary>
    public ParquetCompression Compression => _codec;

    /// <summary>The encodings that <see cref="Finish"/> used.</summary>
    public IReadOnlyList<ValueEncoding> Encodings { get; private set; } = [];

    /// <summary>Adds an entry without a value.</summary>
    public void AddNull(int repetition, int definition) => AddLevels(repetition, definition, 1);

    /// <summary>Adds a row's list of 32-bit values (integers or floats): the whole list in one call.</summary>
    public void AddList(ReadOnlySpan<byte> values, int emptyDefinition)
    {
        int count = values.Length / 4;
        if (count == 0)
        {
            AddNull(0, emptyDefinition);
            return;
        }

        AddLevels(0, leaf.MaxDefinition, 1);
        AddLevels(leaf.MaxRepetition, leaf.MaxDefinition, count - 1);
        _values.Write(values);
    }

    /// <summary>Adds text or bytes.</summary>
    public void AddBytes(int repetition, ReadOnlySpan<byte> value)
    {
        AddLevels(repetition, leaf.MaxDefinition, 1);
        _values.Write(value);
        _ends.Add(_values.WrittenCount);
    }

    /// <summary>Adds a value of fixed width, little-endian.</summary>
    public void AddFixed(int repetition, ReadOnlySpan<byte> value)
    {
        AddLevels(repetition, leaf.MaxDefinition, 1);
        _values.Write(value);
    }

    /// <summary>Adds a boolean.</summary>
    public void AddBoolean(int repetition, bool value)
    {
        AddLevels(repetition, leaf.MaxDefinition, 1);
        _bits.Add(value ? (byte)1 : (byte)0);
    }

    /// <summary>Writes all pages and empties the column for the next row group.</summary>
    /// <param name="output">Where the pages go.</param>
    /// <param name="dictionaryLength">Receives the bytes of the dictionary page; 0 without one.</param>
    /// <returns>Bytes before and after compression, heads included.</returns>
    public (long Uncompressed, long Compressed) Finish(Stream output, out int dictionaryLength)
    {
        long uncompressed = 0;
        long compressed = 0;
        void Write(byte[] head, byte[] body, int rawLength)
        {
            output.Write(head);
            output.Write(body);
            uncompressed += head.Length + rawLength;
            compressed += head.Length + body.Length;
        }

        int[]? indices = BuildDictionary(out byte[] dictionary, out int distinct);
        dictionaryLength = 0;
        if (indices is not null)
        {
            byte[] body = PageCodec.Compress(_codec, dictionary);
            byte[] head = DictionaryHead(dictionary.Length, body.Length, distinct);
            dictionaryLength = head.Length + body.Length;
            Write(head, body, dictionary.Length);
        }

        ValueEncoding encoding =
            indices is not null ? ValueEncoding.RleDictionary
            : leaf.Type == PhysicalType.Int32 ? ValueEncoding.DeltaBinaryPacked
            : ValueEncoding.Plain;
        int value = 0;
        for (int entry = 0; entry < Entries; )
        {
            int end = PageEnd(entry);
            int values = CountValues(entry, end);
            byte[] raw = BuildPage(entry, end, value, values, indices, distinct);
            byte[] body = PageCodec.Compress(_codec, raw);
            Write(DataHead(raw.Length, body.Length, end - entry, encoding), body, raw.Length);
            entry = end;
            value += values;
        }

        Encodings = indices is null
            ? [encoding, ValueEncoding.Rle]
            : [ValueEncoding.Plain, ValueEncoding.Rle, ValueEncoding.RleDictionary];
        Clear();
        return (uncompressed, compressed);
    }

    private void Clear()
    {
        _repetition.ResetWrittenCount();
        _definition.ResetWrittenCount();
        _values.ResetWrittenCount();
        _ends.Clear();
        _bits.Clear();
        Entries = 0;
    }

    private void AddLevels(int repetition, int definition, int count)
    {
        if (leaf.MaxRepetition > 0)
        {
            _repetition.GetSpan(count)[..count].Fill((byte)repetition);
            _repetition.Advance(count);
        }

        if (leaf.MaxDefinition > 0)
        {
            _definition.GetSpan(count)[..count].Fill((byte)definition);
            _definition.Advance(count);
        }

        Entries += count;
    }

    private int PageEnd(int from)
    {
        int end = Math.Min(from + EntriesPerPage, Entries);
        if (end == Entries || leaf.MaxRepetition == 0)
        {
            return end;
        }

        int rest = _repetition.WrittenSpan[end..].IndexOf((byte)0);
        return rest < 0 ? Entries : end + rest;
    }

    private int CountValues(int from, int to) =>
        leaf.MaxDefinition == 0 ? to - from : _definition.WrittenSpan[from..to].Count((byte)leaf.MaxDefinition);

    private byte[] BuildPage(int from, int to, int firstValue, int values, int[]? indices, int distinct)
    {
        List<byte> page = [];
        AppendLevels(page, _repetition.WrittenSpan, leaf.MaxRepetition, from, to);
        AppendLevels(page, _definition.WrittenSpan, leaf.MaxDefinition, from, to);
        if (indices is not null)
        {
            int bitWidth = Math.Max(1, 32 - int.LeadingZeroCount(distinct - 1));
            page.Add((byte)bitWidth);
            RleHybridEncoder.Encode<int>(indices.AsSpan(firstValue, values), bitWidth, page);
        }
        else
        {
            AppendValues(page, firstValue, values);
        }

        return [.. page];
    }

    private static void AppendLevels(List<byte> page, ReadOnlySpan<byte> levels, int max, int from, int to)
    {
        if (max == 0)
        {
            return;
        }

        int start = page.Count;
        page.AddRange((ReadOnlySpan<byte>)[0, 0, 0, 0]);
        RleHybridEncoder.Encode(levels[from..to], 32 - int.LeadingZeroCount(max), page);
        BinaryPrimitives.WriteInt32LittleEndian(CollectionsMarshal.AsSpan(page)[start..], page.Count - start - 4);
    }

    private void AppendValues(List<byte> page, int first, int count)
    {
        if (leaf.Type == PhysicalType.Boolean)
        {
            for (int i = 0; i < count; i += 8)
            {
                int packed = 0;
                for (int bit = 0; bit < 8 && i + bit < count; bit++)
                {
                    packed |= _bits[first + i + bit] << bit;
                }

                page.Add((byte)packed);
            }
        }
        else if (leaf.Type == PhysicalType.ByteArray)
        {
            for (int i = first; i < first + count; i++)
            {
                AppendPrefixed(page, ValueAt(i));
            }
        }
        else if (leaf.Type == PhysicalType.Int32)
        {
            DeltaEncoder.Encode(MemoryMarshal.Cast<byte, int>(_values.WrittenSpan).Slice(first, count), page);
        }
        else
        {
            int width = ValueDecoder.WidthOf(leaf);
            page.AddRange(_values.WrittenSpan.Slice(first * width, count * width));
        }
    }

    private ReadOnlySpan<byte> ValueAt(int index)
    {
        int start = index == 0 ? 0 : _ends[index - 1];
        return _values.WrittenSpan[start.._ends[index]];
    }

    private static void AppendPrefixed(List<byte> page, ReadOnlySpan<byte> value)
    {
        Span<byte> length = stackalloc byte[4];
        BinaryPrimitives.WriteInt32LittleEndian(length, value.Length);
        page.AddRange(length);
        page.AddRange(value);
    }

    // Returns null where a dictionary does not pay: too many different values, or hardly any repeated.
    private int[]? BuildDictionary(out byte[] dictionary, out int distinct)
    {
        dictionary = [];
        distinct = 0;
        if (leaf.Type != PhysicalType.ByteArray || _ends.Count == 0)
        {
            return null;
        }

        int most = Math.Min(MaxDictionary, Math.Max(1, _ends.Count / 2));
        Dictionary<ByteKey, int> known = [];
        List<byte> plain = [];
        int[] indices = new int[_ends.Count];
        byte[] all = _values.WrittenSpan.ToArray();
        for (int i = 0; i < indices.Length; i++)
        {
            int start = i == 0 ? 0 : _ends[i - 1];
            ByteKey key = new(all.AsMemory(start, _ends[i] - start));
            if (!known.TryGetValue(key, out indices[i]))
            {
                if (known.Count == most)
                {
                    return null;
                }

                indices[i] = known.Count;
                known.Add(key, indices[i]);
                AppendPrefixed(plain, key.Bytes.Span);
            }
        }

        dictionary = [.. plain];
        distinct = known.Count;
        return indices;
    }

    private static byte[] DictionaryHead(int uncompressed, int compressed, int count)
    {
        ThriftWriter head = BeginHead(PageKind.Dictionary, uncompressed, compressed);
        head.BeginStruct(7);
        head.Int(1, count);
        head.Int(2, (int)ValueEncoding.Plain);
        return EndHead(head);
    }

    private static byte[] DataHead(int uncompressed, int compressed, int entries, ValueEncoding encoding)
    {
        ThriftWriter head = BeginHead(PageKind.Data, uncompressed, compressed);
        head.BeginStruct(5);
        head.Int(1, entries);
        head.Int(2, (int)encoding);
        head.Int(3, (int)ValueEncoding.Rle);
        head.Int(4, (int)ValueEncoding.Rle);
        return EndHead(head);
    }

    private static ThriftWriter BeginHead(PageKind kind, int uncompressed, int compressed)
    {
        ThriftWriter head = new();
        head.BeginStruct();
        head.Int(1, (int)kind);
        head.Int(2, uncompressed);
        head.Int(3, compressed);
        return head;
    }

    private static byte[] EndHead(ThriftWriter head)
    {
        head.EndStruct();
        head.EndStruct();
        return head.Written.ToArray();
    }

    private readonly struct ByteKey(ReadOnlyMemory<byte> bytes) : IEquatable<ByteKey>
    {
        public ReadOnlyMemory<byte> Bytes { get; } = bytes;

        public bool Equals(ByteKey other) => Bytes.Span.SequenceEqual(other.Bytes.Span);

        public override bool Equals(object? obj) => obj is ByteKey other && Equals(other);

        public override int GetHashCode()
        {
            HashCode hash = default;
            hash.AddBytes(Bytes.Span);
            return hash.ToHashCode();
        }
    }
}
