namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Rows of a <see cref="RowContainer"/>; their number stands for the line.</summary>
internal sealed class ContainerRecordSource(string path, RowContainer container) : IRecordSource
{
    private readonly IEnumerator<ReadOnlyMemory<byte>> _rows = container.Read(path).GetEnumerator();
    private long _row;

    public string File => path;

    public string Container => container.Name;

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
        record = new SourceRecord(_rows.Current, _row, 0, RecordFlags.None);
        return true;
    }

    public void Dispose() => _rows.Dispose();
}
