namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Rows of a <see cref="RowContainer"/>; their number stands for the line.</summary>
internal sealed class ContainerRecordSource(string path, RowContainer container) : IRecordSource
{
    private readonly IEnumerator<ReadOnlyMemory<byte>> _rows = container.Read(path).GetEnumerator();
    private long _row;

    public string File => path;

    public long BytesRead { get; private set; }

    public bool TryRead(out SourceRecord record)
    {
        if (!_rows.MoveNext())
        {
            record = default;
            return false;
        }

        _row++;
        BytesRead += _rows.Current.Length;
        record = Utf8.IsValid(_rows.Current.Span)
            ? new SourceRecord(_rows.Current, _row, 0, RecordFlags.None)
            : new SourceRecord(_rows.Current, _row, 0, RecordFlags.Binary, Explain(_rows.Current));
        return true;
    }

    private static string Explain(ReadOnlyMemory<byte> row)
    {
        JsonTape tape = new();
        tape.Scan(row);
        int at = tape.InvalidUtf8At();
        return $"{tape.PathAt(at)}: byte 0x{row.Span[at]:X2} is not UTF-8 here";
    }

    public void Dispose() => _rows.Dispose();
}
