using MultiTurnTrainer.Datasets.Parquet;
using MultiTurnTrainer.Files;
using ParquetSharp;
using Encoding = System.Text.Encoding;

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
    private readonly List<TokenRow> _rows = [];
    private ParquetOutput? _output;
    private bool _weights;
    private bool _spans;
    private int _tokens;

    public override void Dispose()
    {
        _output?.Dispose();
        base.Dispose();
    }

    private protected override void WriteRow(TokenRow row)
    {
        _rows.Add(row);
        _tokens += row.Length;
        if (_rows.Count == RowsPerGroup || _tokens >= TokensPerGroup)
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
        bool weights = _weights || _rows.Exists(row => row.LossWeights is not null);
        bool spans = _spans || _rows.Exists(row => row.Spans is not null);
        bool isNew = weights != _weights || spans != _spans;
        (_weights, _spans) = (weights, spans);
        if (_output is not null && isNew)
        {
            WriteAgain();
        }

        _output ??= new ParquetOutput(_file, Schema());
        if (_rows.Count > 0)
        {
            _output.WriteRowGroup(Write);
        }

        _rows.Clear();
        _tokens = 0;
    }

    private void WriteAgain()
    {
        _output!.Finish();
        _output.Dispose();
        TokenRow[] waiting = [.. _rows];
        _rows.Clear();
        _tokens = 0;
        string earlier = _file.BeginAgain();
        try
        {
            _output = new ParquetOutput(_file, Schema());
            foreach (TokenRow row in ParquetTokenRowReader.Read(earlier))
            {
                WriteRow(row);
            }
        }
        finally
        {
            File.Delete(earlier);
            UnfinishedFiles.Forget(earlier);
        }

        // Groups end where they ended before, so none is open.
        _rows.AddRange(waiting);
    }

    private void Write(RowGroupWriter group)
    {
        WriteColumn(group, row => row.Id);
        WriteColumn(group, row => row.InputIds);
        WriteColumn(group, row => row.Labels);
        if (_weights)
        {
            WriteColumn(group, row => row.LossWeights);
        }

        if (_spans)
        {
            WriteColumn(
                group,
                row => row.Spans is null ? null : Encoding.UTF8.GetString(SupervisedSpans.ToBytes(row.Spans))
            );
        }
    }

    private void WriteColumn<T>(RowGroupWriter group, Func<TokenRow, T> value)
    {
        using ColumnWriter column = group.NextColumn();
        using LogicalColumnWriter<T> values = column.LogicalWriter<T>();
        values.WriteBatch([.. _rows.Select(value)]);
    }

    private SchemaNode Schema()
    {
        List<SchemaNode> columns =
        [
            Text("id", LogicalKind.Text),
            List("input_ids", Repetition.Required, PhysicalType.Int32),
            List("labels", Repetition.Required, PhysicalType.Int32),
        ];
        if (_weights)
        {
            columns.Add(List("loss_weights", Repetition.Optional, PhysicalType.Float));
        }

        if (_spans)
        {
            columns.Add(Text("spans", LogicalKind.Json));
        }

        return new SchemaNode
        {
            Name = "schema",
            Repetition = Repetition.Required,
            Children = columns,
        };
    }

    private static SchemaNode Text(string name, LogicalKind kind) =>
        new()
        {
            Name = name,
            Repetition = Repetition.Optional,
            Type = PhysicalType.ByteArray,
            Kind = kind,
        };

    private static SchemaNode List(string name, Repetition repetition, PhysicalType type) =>
        SchemaNode.List(
            name,
            repetition,
            new SchemaNode
            {
                Name = "element",
                Repetition = Repetition.Required,
                Type = type,
            }
        );
}
