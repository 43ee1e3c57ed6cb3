using System.Runtime.InteropServices;
using System.Text;
using MultiTurnTrainer.Datasets.Parquet;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Token rows as Parquet: row groups of about a million tokens, ids and labels delta-packed.</summary>
internal sealed class ParquetTokenRowWriter : TokenRowWriter
{
    private const int TokensPerGroup = 1 << 20;
    private const int RowsPerGroup = 1 << 16;
    private const string WeightsColumn = "loss_weights";
    private const string SpansColumn = "spans";

    private readonly ParquetWriter _writer;
    private readonly HashSet<string> _unused = [WeightsColumn, SpansColumn];
    private int _rows;

    public ParquetTokenRowWriter(OutputFile file)
        : base(file) => _writer = new ParquetWriter(file.Stream, Schema(), ParquetCompression.Snappy);

    private protected override void WriteRow(TokenRow row)
    {
        if (row.Id is null)
        {
            _writer.Columns[0].AddNull(0, 0);
        }
        else
        {
            _writer.Columns[0].AddBytes(0, Encoding.UTF8.GetBytes(row.Id));
        }

        _writer.Columns[1].AddList(MemoryMarshal.AsBytes(row.InputIds.AsSpan()), 0);
        _writer.Columns[2].AddList(MemoryMarshal.AsBytes(row.Labels.AsSpan()), 0);
        if (row.LossWeights is null)
        {
            _writer.Columns[3].AddNull(0, 0);
        }
        else
        {
            _unused.Remove(WeightsColumn);
            _writer.Columns[3].AddList(MemoryMarshal.AsBytes(row.LossWeights.AsSpan()), 1);
        }

        if (row.Spans is null)
        {
            _writer.Columns[4].AddNull(0, 0);
        }
        else
        {
            _unused.Remove(SpansColumn);
            _writer.Columns[4].AddBytes(0, SupervisedSpans.ToBytes(row.Spans));
        }

        _rows++;
        if (_rows == RowsPerGroup || _writer.Columns[1].Entries >= TokensPerGroup)
        {
            EndGroup();
        }
    }

    private protected override void WriteEnd()
    {
        if (_rows > 0)
        {
            EndGroup();
        }

        _writer.Finish(without: _unused);
    }

    private void EndGroup()
    {
        _writer.EndRowGroup(_rows);
        _rows = 0;
    }

    private static SchemaNode Schema() =>
        new()
        {
            Name = "schema",
            Repetition = Repetition.Required,
            Children =
            [
                new SchemaNode
                {
                    Name = "id",
                    Repetition = Repetition.Optional,
                    Type = PhysicalType.ByteArray,
                    Kind = LogicalKind.Text,
                },
                List("input_ids", Repetition.Required, PhysicalType.Int32),
                List("labels", Repetition.Required, PhysicalType.Int32),
                List(WeightsColumn, Repetition.Optional, PhysicalType.Float),
                new SchemaNode
                {
                    Name = SpansColumn,
                    Repetition = Repetition.Optional,
                    Type = PhysicalType.ByteArray,
                    Kind = LogicalKind.Json,
                },
            ],
        };

    private static SchemaNode List(string name, Repetition repetition, PhysicalType type) =>
        new()
        {
            Name = name,
            Repetition = repetition,
            Kind = LogicalKind.List,
            Children =
            [
                new SchemaNode
                {
                    Name = "list",
                    Repetition = Repetition.Repeated,
                    Children =
                    [
                        new SchemaNode
                        {
                            Name = "element",
                            Repetition = Repetition.Required,
                            Type = type,
                        },
                    ],
                },
            ],
        };
}
