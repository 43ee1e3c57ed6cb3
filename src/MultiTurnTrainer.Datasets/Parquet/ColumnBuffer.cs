using System.Buffers;
using System.Runtime.InteropServices;
using ParquetSharp;

namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>Collects one leaf column of one row group, entry by entry.</summary>
internal sealed class ColumnBuffer(SchemaNode leaf)
{
    private readonly List<short> _repetition = [];
    private readonly List<short> _definition = [];
    private readonly ArrayBufferWriter<byte> _values = new();
    private readonly List<int> _ends = [];

    /// <summary>Bytes of the values collected.</summary>
    public int Bytes => _values.WrittenCount;

    /// <summary>Adds an entry without a value.</summary>
    public void AddNull(int repetition, int definition)
    {
        _repetition.Add((short)repetition);
        _definition.Add((short)definition);
    }

    /// <summary>Adds a value: the bytes of a text, or a number, little-endian.</summary>
    public void Add(int repetition, ReadOnlySpan<byte> value)
    {
        AddNull(repetition, leaf.MaxDefinition);
        _values.Write(value);
        _ends.Add(_values.WrittenCount);
    }

    /// <summary>Writes the column and empties it for the next row group.</summary>
    public void Flush(ColumnWriter writer)
    {
        switch (writer)
        {
            case ColumnWriter<bool> column:
                Write(column, MemoryMarshal.Cast<byte, bool>(_values.WrittenSpan));
                break;
            case ColumnWriter<long> column:
                Write(column, MemoryMarshal.Cast<byte, long>(_values.WrittenSpan));
                break;
            case ColumnWriter<double> column:
                Write(column, MemoryMarshal.Cast<byte, double>(_values.WrittenSpan));
                break;
            default:
                WriteTexts((ColumnWriter<ByteArray>)writer);
                break;
        }

        _repetition.Clear();
        _definition.Clear();
        _values.ResetWrittenCount();
        _ends.Clear();
    }

    private unsafe void WriteTexts(ColumnWriter<ByteArray> column)
    {
        ByteArray[] texts = new ByteArray[_ends.Count];
        fixed (byte* bytes = _values.WrittenSpan)
        {
            int start = 0;
            for (int i = 0; i < texts.Length; i++)
            {
                texts[i] = new ByteArray((nint)(bytes + start), _ends[i] - start);
                start = _ends[i];
            }

            Write(column, texts);
        }
    }

    private void Write<T>(ColumnWriter<T> column, ReadOnlySpan<T> values)
        where T : unmanaged =>
        column.WriteBatch(
            _definition.Count,
            CollectionsMarshal.AsSpan(_definition),
            leaf.MaxRepetition > 0 ? CollectionsMarshal.AsSpan(_repetition) : [],
            values
        );
}
