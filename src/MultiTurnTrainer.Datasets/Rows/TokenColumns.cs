using MultiTurnTrainer.Datasets.Parquet;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>The columns of a Parquet row group of token rows while it is filled.</summary>
internal sealed class TokenColumns
{
    private const int Weights = 3;
    private const int Spans = 4;

    private readonly SchemaNode _schema = NewSchema();
    private readonly ColumnBuffer[] _buffers;

    public TokenColumns() => _buffers = [.. _schema.Resolve().Select(leaf => new ColumnBuffer(leaf))];

    /// <summary>Rows added.</summary>
    public int Rows { get; private set; }

    /// <summary>Tokens added.</summary>
    public int Tokens { get; private set; }

    /// <summary>The schema, with or without the columns that not every file has.</summary>
    public SchemaNode Schema(bool weights, bool spans) =>
        new()
        {
            Name = _schema.Name,
            Repetition = _schema.Repetition,
            Children = Kept(_schema.Children, weights, spans),
        };

    /// <summary>What belongs under <see cref="Schema"/>.</summary>
    public IReadOnlyList<ColumnBuffer> Buffers(bool weights, bool spans) => Kept(_buffers, weights, spans);

    /// <summary>Adds a row.</summary>
    public void Add(TokenRow row)
    {
        AddText(_buffers[0], row.Id is null ? null : Encoding.UTF8.GetBytes(row.Id));
        _buffers[1].AddList(MemoryMarshal.AsBytes(row.InputIds.AsSpan()));
        _buffers[2].AddList(MemoryMarshal.AsBytes(row.Labels.AsSpan()));
        if (row.LossWeights is null)
        {
            _buffers[Weights].AddNull(0, 0);
        }
        else
        {
            _buffers[Weights].AddList(MemoryMarshal.AsBytes(row.LossWeights.AsSpan()));
        }

        AddText(_buffers[Spans], row.Spans is null ? null : SupervisedSpans.ToBytes(row.Spans));
        Rows++;
        Tokens += row.Length;
    }

    /// <summary>Empties all columns.</summary>
    public void Clear()
    {
        Array.ForEach(_buffers, buffer => buffer.Clear());
        Rows = 0;
        Tokens = 0;
    }

    private static void AddText(ColumnBuffer buffer, byte[]? text)
    {
        if (text is null)
        {
            buffer.AddNull(0, 0);
        }
        else
        {
            buffer.Add(0, text);
        }
    }

    private static T[] Kept<T>(IReadOnlyList<T> all, bool weights, bool spans) =>
        [
            .. all.Where(
                (_, i) =>
                    i switch
                    {
                        Weights => weights,
                        Spans => spans,
                        _ => true,
                    }
            ),
        ];

    private static SchemaNode NewSchema() =>
        new()
        {
            Name = "schema",
            Repetition = Repetition.Required,
            Children =
            [
                Leaf("id", Repetition.Optional, PhysicalType.ByteArray, LogicalKind.Text),
                List("input_ids", Repetition.Required, PhysicalType.Int32),
                List("labels", Repetition.Required, PhysicalType.Int32),
                List("loss_weights", Repetition.Optional, PhysicalType.Float),
                Leaf("spans", Repetition.Optional, PhysicalType.ByteArray, LogicalKind.Json),
            ],
        };

    private static SchemaNode List(string name, Repetition repetition, PhysicalType type) =>
        SchemaNode.List(name, repetition, Leaf("element", Repetition.Required, type, LogicalKind.None));

    private static SchemaNode Leaf(string name, Repetition repetition, PhysicalType type, LogicalKind kind) =>
        new()
        {
            Name = name,
            Repetition = repetition,
            Type = type,
            Kind = kind,
        };
}
