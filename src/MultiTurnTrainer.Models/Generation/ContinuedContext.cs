// Shapes: s new tokens of a row, p tokens before them, c = p + s, h query heads, k key heads, g = h / k, d width of a head.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Kernels.DeltaNet;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>New tokens of several sequences, end to end: each attends to the keys its sequence has and to the new ones before it.</summary>
internal sealed class ContinuedContext : ForwardContext
{
    // Scores are formed for so many new tokens of a row at once.
    private const int Chunk = 256;

    private readonly IReadOnlyList<(int Past, int Count)> _rows;
    private readonly Device _device;
    private readonly RotaryTables _rotary;
    private readonly ContinuedReader _reader;
    private readonly Dictionary<(int Row, int Layer), (Tensor Keys, Tensor Values)> _shared = [];
    private readonly Dictionary<(int Past, int Count, int Window), Tensor> _masks = [];
    private DeltaPlan? _plan;

    /// <param name="model">The model.</param>
    /// <param name="adapter">Laid over it.</param>
    /// <param name="rows">Of each sequence, the tokens it has and the new ones.</param>
    /// <param name="reader">What the sequences left behind, and where to put what they leave behind now.</param>
    public ContinuedContext(
        CausalLM model,
        Adapter? adapter,
        IReadOnlyList<(int Past, int Count)> rows,
        ContinuedReader reader
    )
        : base(adapter, null)
    {
        (_rows, _reader) = (rows, reader);
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
        base.Dispose();
        _plan?.Dispose();
        _rotary.Dispose();
        foreach (
            Tensor tensor in _masks.Values.Concat(_shared.Values.SelectMany(pair => new[] { pair.Keys, pair.Values }))
        )
        {
            tensor.Dispose();
        }
    }

    internal override Tensor Recur(int layer, DeltaInputs inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        _plan ??= new DeltaPlan([.. _rows.Select(row => row.Count)], _device);
        (Tensor result, DeltaState after) = GatedDelta.Run(inputs, _plan, _reader.State!(layer));
        _reader.OnState!(layer, after);
        return result.MoveToOuterDisposeScope();
    }

    internal override Tensor Attend(AttentionSpec spec, Tensor query, Tensor? key, Tensor? value, Tensor? sinks)
    {
        using DisposeScope scope = NewDisposeScope();
        query = _rotary.ApplyToQueries(spec.Layer, query);
        key = key is null ? null : _rotary.Apply(spec.Layer, key);
        Tensor[] mixed = new Tensor[_rows.Count];
        int start = 0;
        for (int row = 0; row < mixed.Length; row++)
        {
            int count = _rows[row].Count;
            mixed[row] = AttendRow(
                spec,
                row,
                query.narrow(0, start, count),
                key?.narrow(0, start, count),
                value?.narrow(0, start, count),
                sinks
            );
            start += count;
        }

        return cat(mixed, 0).MoveToOuterDisposeScope(); // rows of [s, h d] -> [all s, h d]
    }

    private Tensor AttendRow(AttentionSpec spec, int row, Tensor query, Tensor? key, Tensor? value, Tensor? sinks)
    {
        using DisposeScope scope = NewDisposeScope();
        (int past, int count) = _rows[row];
        (Tensor keys, Tensor values) = FindKeys(spec, row, key, value);
        List<Tensor> chunks = [];
        for (int at = 0; at < count; at += Chunk)
        {
            int size = Math.Min(Chunk, count - at);
            int seen = past + at + size;
            chunks.Add(
                AttendChunk(spec, query.narrow(0, at, size), keys.narrow(1, 0, seen), values.narrow(1, 0, seen), sinks)
            );
        }

        return (chunks.Count == 1 ? chunks[0] : cat(chunks, 0)).MoveToOuterDisposeScope(); // chunks of [s, h d] -> [s, h d]
    }

    // Those that the row has and the new ones, [k, c, d] each; a layer may use an earlier one's.
    private (Tensor Keys, Tensor Values) FindKeys(AttentionSpec spec, int row, Tensor? key, Tensor? value)
    {
        if (key is null)
        {
            return _shared[(row, spec.KeyLayer)];
        }

        _reader.OnKeys(row, spec.Layer, key, value!);
        (Tensor pastKeys, Tensor pastValues) = _reader.Before(row, spec.Layer);
        Tensor keys = cat([pastKeys, key.permute(1, 0, 2)], 1); // [k, p, d] [s, k, d] -> [k, c, d]
        Tensor values = cat([pastValues, value!.permute(1, 0, 2)], 1); // [k, p, d] [s, k, d] -> [k, c, d]
        if (spec.IsShared)
        {
            _shared[(row, spec.Layer)] = (
                keys.alias().DetachFromDisposeScope(),
                values.alias().DetachFromDisposeScope()
            );
        }

        return (keys, values);
    }

    private Tensor AttendChunk(AttentionSpec spec, Tensor query, Tensor keys, Tensor values, Tensor? sinks)
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
        sinks = sinks is null ? null : zeros([heads, count], ScalarType.Float32, _device) + sinks.unsqueeze(1); // [h] -> [h, s]
        Tensor weights = AttentionSinks.Softmax(scores, sinks).to(values.dtype).reshape(keyHeads, -1, columns); // [h, s, c] -> [k, g s, c]
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

/// <summary>What continued sequences left behind, and where to put what they leave behind now.</summary>
/// <param name="Before">A row's and layer's keys and values so far, [k, p, d] each; disposed of by the reader.</param>
/// <param name="OnKeys">Gets a row's and layer's new keys, rotated, and values, [s, k, d] each.</param>
/// <param name="State">The state of a layer that has no keys, of all rows.</param>
/// <param name="OnState">Gets the new one; the tensors live as long as the call.</param>
internal sealed record ContinuedReader(
    Func<int, int, (Tensor Keys, Tensor Values)> Before,
    Action<int, int, Tensor, Tensor> OnKeys,
    Func<int, DeltaState?>? State = null,
    Action<int, DeltaState>? OnState = null
);
