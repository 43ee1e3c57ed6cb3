// Shapes: b rows of the batch, h query heads, k key heads, g = h / k, d width of a head, c columns of the cache.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Kernels.DeltaNet;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>One decoding step: one new token a row, attending to the row's cached keys and its own.</summary>
internal sealed class DecodeContext : ForwardContext
{
    private readonly KeyValueCache _cache;
    private readonly Device _device;
    private readonly RotaryTables _rotary;
    private readonly Dictionary<int, Tensor?> _masks = [];
    private DeltaPlan? _plan;

    public DecodeContext(CausalLM model, KeyValueCache cache, Adapter? adapter)
        : base(adapter, null)
    {
        _cache = cache;
        _device = model.Device;
        (int Position, int Length)[] tokens =
        [
            .. cache.Starts.Select(start => (cache.Columns - 1 - start, cache.Columns - start)),
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
        foreach (Tensor? mask in _masks.Values)
        {
            mask?.Dispose();
        }
    }

    internal override Tensor Attend(AttentionSpec spec, Tensor query, Tensor? key, Tensor? value, Tensor? sinks)
    {
        using DisposeScope scope = NewDisposeScope();
        query = _rotary.ApplyToQueries(spec.Layer, query);
        if (key is not null)
        {
            _cache.StoreStep(spec.Layer, _rotary.Apply(spec.Layer, key), value!);
        }

        long rows = query.shape[0];
        long heads = query.shape[1];
        long width = query.shape[2];
        int first = FindFirstColumn(spec);
        Tensor keys = _cache.Keys(spec.KeyLayer, first);
        Tensor values = _cache.Values(spec.KeyLayer, first);
        long keyHeads = keys.shape[1];
        Tensor stacked = query.view(rows, keyHeads, heads / keyHeads, width); // [b, h, d] -> [b, k, g, d]
        Tensor scores = matmul(stacked, keys.transpose(2, 3)).to(ScalarType.Float32) * spec.Scale; // [b, k, g, d] [b, k, d, c] -> [b, k, g, c]
        if (spec.Softcap is { } cap)
        {
            scores = (scores / cap).tanh() * cap;
        }

        if (FindMask(first) is { } mask)
        {
            scores = scores + mask;
        }

        if (sinks is not null)
        {
            Tensor own = zeros([rows, keyHeads, heads / keyHeads], ScalarType.Float32, _device); // [b, k, g]
            sinks = own + sinks.view(1, keyHeads, heads / keyHeads); // [h] -> [b, k, g]
        }

        Tensor weights = AttentionSinks.Softmax(scores, sinks).to(values.dtype);
        return matmul(weights, values).view(rows, heads * width).MoveToOuterDisposeScope(); // [b, k, g, c] [b, k, c, d] -> [b, k, g, d] -> [b, h d]
    }

    internal override Tensor Recur(int layer, DeltaInputs inputs)
    {
        using DisposeScope scope = NewDisposeScope();
        _plan ??= new DeltaPlan([.. Enumerable.Repeat(1, _cache.Rows)], _device);
        (Tensor result, DeltaState after) = GatedDelta.Run(inputs, _plan, _cache.State(layer));
        _cache.StoreState(layer, after);
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>The first column any row looks at.</summary>
    private int FindFirstColumn(AttentionSpec spec) =>
        spec.Window is { } window ? Math.Max(0, _cache.Columns - window) : 0;

    /// <summary>0 where a row may look, -∞ before its start, [rows, 1, 1, columns]; null where no row begins later.</summary>
    private Tensor? FindMask(int first)
    {
        if (_masks.TryGetValue(first, out Tensor? known))
        {
            return known;
        }

        int columns = _cache.Columns - first;
        float[] values = new float[_cache.Rows * columns];
        bool needed = false;
        for (int row = 0; row < _cache.Rows; row++)
        {
            int blind = Math.Max(0, _cache.Starts[row] - first);
            needed |= blind > 0;
            values.AsSpan(row * columns, blind).Fill(float.NegativeInfinity);
        }

        Tensor? mask = needed ? Tensors.From(values, [_cache.Rows, 1, 1, columns], ScalarType.Float32, _device) : null;
        _masks[first] = mask;
        return mask;
    }
}
