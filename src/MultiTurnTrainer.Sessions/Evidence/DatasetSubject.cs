namespace MultiTurnTrainer.Sessions.Evidence;

/// <summary>Evidence of a data set: rows in their order and, where the data set is at hand, with its bytes.</summary>
/// <param name="folder">The data set; null compares nothing.</param>
internal sealed class DatasetSubject(string? folder) : IEvidenceSubject, IDisposable
{
    private IEnumerator<(string File, long Row, string Hash)>? _rows;
    private long _declared = -1;

    public long Events { get; private set; }

    public string Next => Invariant($", where row {Events + 1} comes next");

    public string? Missing =>
        Events != _declared ? Invariant($"{Events} rows are here, and {_declared} were declared")
        : _rows?.MoveNext() == true
            ? Printable.Of($"{_rows.Current.File}:{_rows.Current.Row}: is a row that the evidence does not know")
        : null;

    public string NameOf(JsonView entry) =>
        Printable.Of($"{entry.GetString("entry")} {entry.GetString("file")} {entry.Get("row")?.ToString()}").Trim();

    public string? Take(JsonView entry)
    {
        switch (entry.GetString("entry"))
        {
            case "dataset" when _declared < 0:
                _declared = entry.GetProperty("rows").GetInt64();
                _rows = folder is null
                    ? null
                    : DatasetEvidence.Rows(folder, DatasetEvidence.FilesOf(entry)).GetEnumerator();
                return null;
            case "row" when _declared >= 0:
                Events++;
                return _rows is null ? null : Compare(entry);
            case "left_out" or "context" when _declared >= 0:
                return null;
            default:
                return NameOf(entry) + " has no place here";
        }
    }

    public void Dispose() => _rows?.Dispose();

    private string? Compare(JsonView entry)
    {
        if (!_rows!.MoveNext())
        {
            return NameOf(entry) + " is not in the data set";
        }

        (string file, long row, string hash) = _rows.Current;
        return
            entry.GetString("file") == file
            && entry.GetProperty("row").GetInt64() == row
            && entry.GetString("sha256") == hash
            ? null
            : NameOf(entry) + " is not what stands in the data set";
    }
}
