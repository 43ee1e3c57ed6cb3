namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>Collects one leaf column of one row group, entry by entry.</summary>
internal sealed class ColumnBuffer(SchemaNode leaf)
{
    private readonly ArrayBufferWriter<short> _repetition = new();
    private readonly ArrayBufferWriter<short> _definition = new();
    private readonly ArrayBufferWriter<byte> _values = new();
    private readonly List<int> _ends = [];

    /// <summary>Bytes of the values collected.</summary>
    public int Bytes => _values.WrittenCount;

    /// <summary>Adds an entry without a value.</summary>
    public void AddNull(int repetition, int definition) => AddLevels(repetition, definition, 1);

    /// <summary>Adds a value: the bytes of a text, or a number, little-endian.</summary>
    public void Add(int repetition, ReadOnlySpan<byte> value)
    {
        AddLevels(repetition, leaf.MaxDefinition, 1);
        _values.Write(value);
        if (leaf.Type == PhysicalType.ByteArray)
        {
            _ends.Add(_values.WrittenCount);
        }
    }

    /// <summary>Adds a row's list of 32-bit values that are all there.</summary>
    public void AddList(ReadOnlySpan<byte> values)
    {
        int count = values.Length / 4;
        if (count == 0)
        {
            AddNull(0, leaf.MaxDefinition - 1);
            return;
        }

        AddLevels(0, leaf.MaxDefinition, 1);
        AddLevels(leaf.MaxRepetition, leaf.MaxDefinition, count - 1);
        _values.Write(values);
    }

    /// <summary>Adds a row's list of pairs of 32-bit values that are all there.</summary>
    public void AddPairs(ReadOnlySpan<byte> values)
    {
        int count = values.Length / 4;
        if (count == 0)
        {
            AddNull(0, leaf.MaxDefinition - 2);
            return;
        }

        // A row, the second of a pair, the next pair.
        for (int i = 0; i < count; i++)
        {
            AddLevels(
                i == 0 ? 0
                    : (i & 1) == 0 ? 1
                    : 2,
                leaf.MaxDefinition,
                1
            );
        }

        _values.Write(values);
    }

    /// <summary>Writes the column.</summary>
    public void Write(ColumnWriter writer)
    {
        switch (writer)
        {
            case ColumnWriter<bool> column:
                WriteNumbers(column);
                break;
            case ColumnWriter<int> column:
                WriteNumbers(column);
                break;
            case ColumnWriter<long> column:
                WriteNumbers(column);
                break;
            case ColumnWriter<float> column:
                WriteNumbers(column);
                break;
            case ColumnWriter<double> column:
                WriteNumbers(column);
                break;
            default:
                WriteTexts((ColumnWriter<ByteArray>)writer);
                break;
        }
    }

    /// <summary>Empties the column for the next row group.</summary>
    public void Clear()
    {
        _repetition.ResetWrittenCount();
        _definition.ResetWrittenCount();
        _values.ResetWrittenCount();
        _ends.Clear();
    }

    private void AddLevels(int repetition, int definition, int count)
    {
        _definition.GetSpan(count)[..count].Fill((short)definition);
        _definition.Advance(count);
        if (leaf.MaxRepetition > 0)
        {
            _repetition.GetSpan(count)[..count].Fill((short)repetition);
            _repetition.Advance(count);
        }
    }

    private void WriteNumbers<T>(ColumnWriter<T> column)
        where T : unmanaged => WriteValues(column, MemoryMarshal.Cast<byte, T>(_values.WrittenSpan));

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

            WriteValues<ByteArray>(column, texts);
        }
    }

    private void WriteValues<T>(ColumnWriter<T> column, ReadOnlySpan<T> values)
        where T : unmanaged =>
        column.WriteBatch(_definition.WrittenCount, _definition.WrittenSpan, _repetition.WrittenSpan, values);
}
