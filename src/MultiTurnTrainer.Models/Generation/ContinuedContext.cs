// Shapes: s new tokens of a row, p tokens before them, c = p + s, h query heads, k key heads, g = h / k, d width of a head.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>New tokens of several sequences, end to end: each attends to the keys its sequence has and to the new ones before it.</summary>
internal sealed class ContinuedContext : ForwardContext
{
    // Scores are formed for so many new tokens of a row at once.
    private const int Chunk = 256;

    private readonly IReadOnlyList<(int Past, int Count)> _rows;
    private readonly Device _device;
    private readonly RotaryTables _rotary;
    private readonly Func<int, int, (Tensor Keys, Tensor Values)> _before;
    private readonly Action<int, int, Tensor, Tensor> _onKeys;
    private readonly Dictionary<(int Past, int Count, int Window), Tensor> _masks = [];

    /// <param name="model">The model.</param>
    /// <param name="adapter">Laid over it.</param>
    /// <param name="rows">Of each sequence, the tokens it has and the new ones.</param>
    /// <param name="before">A row's and layer's keys and values so far, [k, p, d] each; disposed of here.</param>
    /// <param name="onKeys">Gets a row's and layer's new keys, rotated, and values, [s, k, d] each.</param>
    public ContinuedContext(
        CausalLM model,
        Adapter? adapter,
        IReadOnlyList<(int Past, int Count)> rows,
        Func<int, int, (Tensor Keys, Tensor Values)> before,
        Action<int, int, Tensor, Tensor> onKeys
    )
        : base(adapter, null)
    {
        (_rows, _before, _onKeys) = (rows, before, onKeys);
        _device = model.Device;
        (int, int)[] tokens =
        [
            .. rows.SelectMany(row =>
                Enumerable.Range(row.Past, row.Count).Select(position => (position, row.Past + row.Count))
            ),
        ];
        _rotary = new RotaryTables(
            model.Config.Ropes,
            rope => RotaryTable.ForTokens(rope, tokens, model.Type, model.Device)
        );
    }

    public override void Dispose()
    {
        _rotary.Dispose();
        foreach (Tensor mask in _masks.Values)
        {
            mask.Dispose();
        }
    }

    internal override Tensor Attend(AttentionSpec spec, Tensor query, Tensor key, Tensor value)
    {
        using DisposeScope scope = NewDisposeScope();
        query = _rotary.Apply(spec.Layer, query);
        key = _rotary.Apply(spec.Layer, key);
        Tensor[] mixed = new Tensor[_rows.Count];
        int start = 0;
        for (int row = 0; row < mixed.Length; row++)
        {
            int count = _rows[row].Count;
            mixed[row] = AttendRow(
                spec,
                row,
                query.narrow(0, start, count),
                key.narrow(0, start, count),
                value.narrow(0, start, count)
            );
            start += count;
        }

        return cat(mixed, 0).MoveToOuterDisposeScope(); // rows of [s, h d] -> [all s, h d]
    }

    private Tensor AttendRow(AttentionSpec spec, int row, Tensor query, Tensor key, Tensor value)
    {
        using DisposeScope scope = NewDisposeScope();
        _onKeys(row, spec.Layer, key, value);
        (int past, int count) = _rows[row];
        (Tensor pastKeys, Tensor pastValues) = _before(row, spec.Layer);
        Tensor keys = cat([pastKeys, key.permute(1, 0, 2)], 1); // [k, p, d] [s, k, d] -> [k, c, d]
        Tensor values = cat([pastValues, value.permute(1, 0, 2)], 1); // [k, p, d] [s, k, d] -> [k, c, d]
        List<Tensor> chunks = [];
        for (int at = 0; at < count; at += Chunk)
        {
            int size = Math.Min(Chunk, count - at);
            int seen = past + at + size;
            chunks.Add(
                AttendChunk(spec, query.narrow(0, at, size), keys.narrow(1, 0, seen), values.narrow(1, 0, seen))
            );
        }

        return (chunks.Count == 1 ? chunks[0] : cat(chunks, 0)).MoveToOuterDisposeScope(); // chunks of [s, h d] -> [s, h d]
    }

    private Tensor AttendChunk(AttentionSpec spec, Tensor query, Tensor keys, Tensor values)
    {
        using DisposeScope scope = NewDisposeScope();
        (int count, int columns) = ((int)query.shape[0], (int)keys.shape[1]);
        long heads = query.shape[1];
        long width = query.shape[2];
        long keyHeads = keys.shape[0];
        Tensor stacked = query
            .view(count, keyHeads, heads / keyHeads, width) // [s, h, d] -> [s, k, g, d]
            .permute(1, 2, 0, 3) // [s, k, g, d] -> [k, g, s, d]
            .reshape(keyHeads, -1, width); // [k, g, s, d] -> [k, g s, d]
        Tensor scores = matmul(stacked, keys.transpose(1, 2)).to(ScalarType.Float32) * spec.Scale; // [k, g s, d] [k, d, c] -> [k, g s, c]
        if (spec.Softcap is { } cap)
        {
            scores = (scores / cap).tanh() * cap;
        }

        scores = scores.view(heads, count, columns) + FindMask(columns - count, count, spec.Window); // [k, g s, c] -> [h, s, c]
        Tensor weights = scores.softmax(-1).to(values.dtype).view(keyHeads, -1, columns); // [h, s, c] -> [k, g s, c]
        return matmul(weights, values) // [k, g s, c] [k, c, d] -> [k, g s, d]
            .view(heads, count, width) // [k, g s, d] -> [h, s, d]
            .permute(1, 0, 2) // [h, s, d] -> [s, h, d]
            .reshape(count, heads * width) // [s, h, d] -> [s, h d]
            .MoveToOuterDisposeScope();
    }

    /// <summary>0 where a new token may look, -∞ where not, [s, c].</summary>
    private Tensor FindMask(int past, int count, int? window)
    {
        if (_masks.TryGetValue((past, count, window ?? 0), out Tensor? known))
        {
            return known;
        }

        int columns = past + count;
        float[] values = new float[count * columns];
        for (int token = 0; token < count; token++)
        {
            int last = past + token;
            Span<float> row = values.AsSpan(token * columns, columns);
            row[(last + 1)..].Fill(float.NegativeInfinity);
            row[..Math.Max(0, last + 1 - (window ?? columns))].Fill(float.NegativeInfinity);
        }

        Tensor mask = Tensors.From(values, [count, columns], ScalarType.Float32, _device).DetachFromDisposeScope();
        return _masks[(past, count, window ?? 0)] = mask;
    }
}
