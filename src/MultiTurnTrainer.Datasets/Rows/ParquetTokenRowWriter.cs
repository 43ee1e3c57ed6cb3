using MultiTurnTrainer.Datasets.Parquet;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>
/// Token rows as Parquet: row groups of about a million tokens. Columns that no row uses are left out. A column that is
/// first used after the first row group is rare, and costs that the rows so far are read back and written again with it.
/// </summary>
internal sealed class ParquetTokenRowWriter(OutputFile file) : TokenRowWriter(file)
{
    private const int TokensPerGroup = 1 << 20;
    private const int RowsPerGroup = 1 << 16;

    private readonly OutputFile _file = file;
    private TokenColumns _columns = new();
    private ParquetOutput? _output;
    private bool _weights;
    private bool _spans;

    public override void Dispose()
    {
        _output?.Dispose();
        base.Dispose();
    }

    private protected override void WriteRow(TokenRow row)
    {
        bool weights = _weights || row.LossWeights is not null;
        bool spans = _spans || row.Spans is not null;
        bool isNew = weights != _weights || spans != _spans;
        (_weights, _spans) = (weights, spans);
        if (isNew && _output is not null)
        {
            WriteAgain();
        }

        _columns.Add(row);
        if (_columns.Rows == RowsPerGroup || _columns.Tokens >= TokensPerGroup)
        {
            EndGroup();
        }
    }

    private protected override void WriteEnd()
    {
        EndGroup();
        _output!.Finish();
    }

    private void EndGroup()
    {
        _output ??= new ParquetOutput(_file, _columns.Schema(_weights, _spans));
        if (_columns.Rows > 0)
        {
            _output.WriteRowGroup(_columns.Buffers(_weights, _spans));
            _columns.Clear();
        }
    }

    private void WriteAgain()
    {
        TokenColumns waiting = _columns;
        _columns = new TokenColumns();
        _output!.Finish();
        _output.Dispose();
        _file.BeginAgain(earlier =>
        {
            _output = new ParquetOutput(_file, _columns.Schema(_weights, _spans));
            foreach (TokenRow row in ParquetTokenRowReader.Read(earlier).SelectMany(stored => stored.Rows(false)))
            {
                WriteRow(row);
            }
        });

        // Groups end where they ended before, so none is open.
        _columns = waiting;
    }
}
