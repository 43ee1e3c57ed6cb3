namespace MultiTurnTrainer.Datasets.Parquet;

/// <summary>
/// A cursor over one leaf column of one row group. An entry is a value or a null with its two levels (Dremel, section
/// 4): the repetition level says at which repeated field it continues, the definition level how much of its path exists.
/// </summary>
internal abstract class ColumnCursor : IDisposable
{
    private protected const int BatchSize = 1 << 12;

    private readonly SchemaNode _leaf;
    private readonly short[] _repetition;
    private readonly short[] _definition;
    private int _entry;
    private int _entries;

    private protected ColumnCursor(SchemaNode leaf)
    {
        _leaf = leaf;
        _repetition = new short[leaf.MaxRepetition > 0 ? BatchSize : 0];
        _definition = new short[leaf.MaxDefinition > 0 ? BatchSize : 0];
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

    /// <summary>The bytes of the current entry's value, valid until the cursor moves.</summary>
    public abstract ReadOnlySpan<byte> Value { get; }

    /// <summary>The entries at hand that follow the current one and continue its row, all of them with a value.</summary>
    public int RunInRow
    {
        get
        {
            ReadOnlySpan<short> levels = _repetition.AsSpan(_entry + 1, _entries - _entry - 1);
            int run = levels.IndexOf((short)0);
            run = run < 0 ? levels.Length : run;
            int defined = _definition.AsSpan(_entry + 1, run).IndexOfAnyExcept((short)_leaf.MaxDefinition);
            return defined < 0 ? run : defined;
        }
    }

    /// <summary>The place of the current entry's value among those at hand.</summary>
    private protected int ValueIndex { get; private set; }

    /// <summary>Opens a column at its first entry.</summary>
    /// <param name="leaf">Its place in the schema.</param>
    /// <param name="reader">Its values; owned by the cursor.</param>
    public static ColumnCursor Open(SchemaNode leaf, ColumnReader reader)
    {
        ColumnCursor cursor = reader switch
        {
            ColumnReader<bool> values => new ColumnCursor<bool>(leaf, values),
            ColumnReader<int> values => new ColumnCursor<int>(leaf, values),
            ColumnReader<long> values => new ColumnCursor<long>(leaf, values),
            ColumnReader<Int96> values => new ColumnCursor<Int96>(leaf, values),
            ColumnReader<float> values => new ColumnCursor<float>(leaf, values),
            ColumnReader<double> values => new ColumnCursor<double>(leaf, values),
            ColumnReader<ByteArray> values => new ColumnCursor<ByteArray>(leaf, values),
            _ => new ColumnCursor<FixedLenByteArray>(leaf, (ColumnReader<FixedLenByteArray>)reader),
        };
        cursor.Load();
        return cursor;
    }

    /// <summary>The bytes of values of fixed width, the current one first.</summary>
    public abstract ReadOnlySpan<byte> Values(int count);

    /// <summary>Moves to the next entry.</summary>
    public void MoveNext() => Skip(1);

    /// <summary>Passes over entries at hand that all have the same presence as the current one.</summary>
    public void Skip(int count)
    {
        if (Definition == _leaf.MaxDefinition)
        {
            ValueIndex += count;
        }

        _entry += count;
        if (IsAtEnd)
        {
            Load();
        }
    }

    /// <inheritdoc/>
    public abstract void Dispose();

    /// <summary>Reads the next entries, at most as many as a page holds; returns how many.</summary>
    private protected abstract int Fill(Span<short> definition, Span<short> repetition, out long values);

    private void Load()
    {
        _entry = 0;
        ValueIndex = 0;
        _entries = Fill(_definition, _repetition, out long values);
        int expected =
            _leaf.MaxDefinition == 0 ? _entries : _definition.AsSpan(0, _entries).Count((short)_leaf.MaxDefinition);
        if (values != expected)
        {
            throw new InvalidDataException($"column {_leaf.Path} has another number of values than its levels say");
        }
    }
}

/// <summary>A <see cref="ColumnCursor"/> over values of one physical type.</summary>
internal sealed unsafe class ColumnCursor<T>(SchemaNode leaf, ColumnReader<T> reader) : ColumnCursor(leaf)
    where T : unmanaged
{
    private readonly int _width = leaf.TypeLength;
    private readonly T[] _values = new T[BatchSize];

    public override ReadOnlySpan<byte> Value
    {
        get
        {
            ref T value = ref _values[ValueIndex];
            if (typeof(T) == typeof(ByteArray))
            {
                ByteArray bytes = Unsafe.As<T, ByteArray>(ref value);
                return new ReadOnlySpan<byte>((void*)bytes.Pointer, bytes.Length);
            }

            return typeof(T) == typeof(FixedLenByteArray)
                ? new ReadOnlySpan<byte>((void*)Unsafe.As<T, FixedLenByteArray>(ref value).Pointer, _width)
                : Values(1);
        }
    }

    public override ReadOnlySpan<byte> Values(int count) => MemoryMarshal.AsBytes(_values.AsSpan(ValueIndex, count));

    public override void Dispose() => reader.Dispose();

    // The library reads no further than the current page, so texts point to memory that stays until the next call.
    private protected override int Fill(Span<short> definition, Span<short> repetition, out long values)
    {
        values = 0;
        if (!reader.HasNext)
        {
            return 0;
        }

        int read = (int)reader.ReadBatch(BatchSize, definition, repetition, _values, out values);
        return read > 0 ? read : throw new InvalidDataException("a page has fewer values than it says");
    }
}
