using System.Buffers.Binary;
using MultiTurnTrainer.Datasets.Parquet.Codecs;
using MultiTurnTrainer.Datasets.Parquet.Encodings;

namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>
/// A cursor over one leaf column of one row group. An entry is a value or a null with its two levels (Dremel, section
/// 4): the repetition level says at which repeated field it continues, the definition level how much of its path exists.
/// </summary>
internal sealed class ColumnReader
{
    private const int HeaderWindow = 1 << 12;
    private const int MaxHeader = 1 << 24;

    private readonly ParquetFile _file;
    private readonly SchemaNode _leaf;
    private readonly ColumnChunk _chunk;
    private readonly long _end;
    private long _position;
    private long _entriesLeft;
    private PageValues? _dictionary;

    private byte[] _repetition = [];
    private byte[] _definition = [];
    private int _entry;
    private int _entries;
    private int _value;

    public ColumnReader(ParquetFile file, SchemaNode leaf, ColumnChunk chunk)
    {
        _file = file;
        _leaf = leaf;
        _chunk = chunk;
        _position = chunk.Offset;
        _end = chunk.Offset + chunk.Length;
        _entriesLeft = chunk.Entries;
        Values = PageValues.Fixed(default, 0, 0);
        LoadPage();
    }

    /// <summary>Whether all entries were read.</summary>
    public bool IsAtEnd => _entry == _entries;

    /// <summary>The current entry's repetition level; 0, a new row, at the end.</summary>
    public int Repetition => IsAtEnd || _leaf.MaxRepetition == 0 ? 0 : _repetition[_entry];

    /// <summary>The current entry's definition level.</summary>
    public int Definition =>
        IsAtEnd ? throw new InvalidDataException($"column {_leaf.Path} has fewer values than rows")
        : _leaf.MaxDefinition == 0 ? 0
        : _definition[_entry];

    /// <summary>The current page's values; <see cref="ValueIndex"/> is the current one.</summary>
    public PageValues Values { get; private set; }

    /// <summary>The place of the current entry's value, when it has one.</summary>
    public int ValueIndex => _value;

    /// <summary>The bytes of the current entry's value.</summary>
    public ReadOnlySpan<byte> Value => Values[_value];

    /// <summary>The entries of this page that follow the current one and continue its row, all of them with a value.</summary>
    public int RunInRow
    {
        get
        {
            ReadOnlySpan<byte> levels = _repetition.AsSpan(_entry + 1, _entries - _entry - 1);
            int run = levels.IndexOf((byte)0);
            run = run < 0 ? levels.Length : run;
            int defined = _definition.AsSpan(_entry + 1, run).IndexOfAnyExcept((byte)_leaf.MaxDefinition);
            return defined < 0 ? run : defined;
        }
    }

    /// <summary>Moves to the next entry.</summary>
    public void MoveNext() => Skip(1);

    /// <summary>Passes over entries of the current page that all have the same presence as the current one.</summary>
    public void Skip(int count)
    {
        if (Definition == _leaf.MaxDefinition)
        {
            _value += count;
        }

        _entry += count;
        if (_entry == _entries)
        {
            LoadPage();
        }
    }

    private void LoadPage()
    {
        while (_entriesLeft > 0 && _entry == _entries)
        {
            PageHeader header = ReadHeader();
            if (header.CompressedLength > _end - _position)
            {
                throw new EndOfStreamException();
            }

            byte[] data = new byte[header.CompressedLength];
            _file.Read(_position, data);
            _position += data.Length;
            switch (header.Kind)
            {
                case PageKind.Dictionary:
                    byte[] values = PageCodec.Decompress(_chunk.Compression, data, header.UncompressedLength);
                    _dictionary = ValueDecoder.Decode(_leaf, ValueEncoding.Plain, values, header.Entries, null);
                    break;
                case PageKind.Data:
                    LoadVersion1(header, PageCodec.Decompress(_chunk.Compression, data, header.UncompressedLength));
                    break;
                case PageKind.DataV2:
                    LoadVersion2(header, data);
                    break;
                case PageKind.Index:
                    break;
                default:
                    throw new InvalidDataException($"column {_leaf.Path} has a page of an unknown kind");
            }
        }
    }

    // Statistics may make a head long: begin with a small window and widen it while the head does not fit.
    private PageHeader ReadHeader()
    {
        for (int window = HeaderWindow; ; window *= 16)
        {
            int size = (int)Math.Min(window, _end - _position);
            byte[] buffer = new byte[size];
            _file.Read(_position, buffer);
            try
            {
                PageHeader header = PageHeader.Read(buffer, out int length);
                _position += length;
                return header;
            }
            catch (EndOfStreamException) when (size == window && window < MaxHeader)
            {
                // The next round reads more.
            }
        }
    }

    private void LoadVersion1(PageHeader header, ReadOnlyMemory<byte> data)
    {
        Begin(header);
        data = data[ReadPrefixedLevels(data.Span, _leaf.MaxRepetition, _repetition)..];
        data = data[ReadPrefixedLevels(data.Span, _leaf.MaxDefinition, _definition)..];
        Finish(header, data);
    }

    private void LoadVersion2(PageHeader header, byte[] data)
    {
        Begin(header);
        int levels = header.RepetitionLength + header.DefinitionLength;
        ReadLevels(data.AsSpan(0, header.RepetitionLength), _leaf.MaxRepetition, _repetition);
        ReadLevels(data.AsSpan(header.RepetitionLength, header.DefinitionLength), _leaf.MaxDefinition, _definition);
        byte[] values = data[levels..];
        Finish(
            header,
            header.IsCompressed
                ? PageCodec.Decompress(_chunk.Compression, values, header.UncompressedLength - levels)
                : values
        );
    }

    private void Begin(PageHeader header)
    {
        if (header.Entries > _entriesLeft)
        {
            throw new InvalidDataException($"column {_leaf.Path} has more values than its footer says");
        }

        _entriesLeft -= header.Entries;
        _entry = 0;
        _entries = header.Entries;
        _value = 0;
        _repetition = _leaf.MaxRepetition > 0 ? new byte[header.Entries] : [];
        _definition = _leaf.MaxDefinition > 0 ? new byte[header.Entries] : [];
    }

    private void Finish(PageHeader header, ReadOnlyMemory<byte> data)
    {
        int count = _leaf.MaxDefinition == 0 ? header.Entries : _definition.AsSpan().Count((byte)_leaf.MaxDefinition);
        Values = ValueDecoder.Decode(_leaf, header.Encoding, data, count, _dictionary);
    }

    private static int ReadPrefixedLevels(ReadOnlySpan<byte> data, int max, byte[] levels)
    {
        if (max == 0)
        {
            return 0;
        }

        int length = data.Length < 4 ? -1 : BinaryPrimitives.ReadInt32LittleEndian(data);
        if (length < 0 || length > data.Length - 4)
        {
            throw new EndOfStreamException();
        }

        ReadLevels(data.Slice(4, length), max, levels);
        return 4 + length;
    }

    private static void ReadLevels(ReadOnlySpan<byte> data, int max, byte[] levels)
    {
        if (max == 0)
        {
            return;
        }

        int[] numbers = new int[levels.Length];
        RleHybrid.Decode(data, 32 - int.LeadingZeroCount(max), numbers);
        for (int i = 0; i < numbers.Length; i++)
        {
            levels[i] =
                numbers[i] <= max ? (byte)numbers[i] : throw new InvalidDataException("a level is out of range");
        }
    }
}
