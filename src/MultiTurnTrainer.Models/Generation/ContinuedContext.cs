// Shapes: s new tokens, p tokens before them, c = p + s, h query heads, k key heads, g = h / k, d width of a head.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>New tokens of one sequence that attend to the keys it has and, each, to the new ones before it.</summary>
internal sealed class ContinuedContext : ForwardContext
{
    private readonly int _past;
    private readonly int _count;
    private readonly Device _device;
    private readonly RotaryTables _rotary;
    private readonly Func<int, (Tensor Keys, Tensor Values)> _before;
    private readonly Action<int, Tensor, Tensor> _onKeys;
    private readonly Dictionary<int, Tensor> _masks = [];

    /// <param name="model">The model.</param>
    /// <param name="adapter">Laid over it.</param>
    /// <param name="past">Tokens before the new ones.</param>
    /// <param name="count">New tokens.</param>
    /// <param name="before">A layer's keys and values so far, [k, p, d] each; disposed of here.</param>
    /// <param name="onKeys">Gets a layer's new keys, rotated, and values, [s, k, d] each.</param>
    public ContinuedContext(
        CausalLM model,
        Adapter? adapter,
        int past,
        int count,
        Func<int, (Tensor Keys, Tensor Values)> before,
        Action<int, Tensor, Tensor> onKeys
    )
        : base(adapter, null)
    {
        (_past, _count, _before, _onKeys) = (past, count, before, onKeys);
        _device = model.Device;
        (int, int)[] tokens = [.. Enumerable.Range(past, count).Select(position => (position, past + count))];
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
        _onKeys(spec.Layer, key, value);
        (Tensor pastKeys, Tensor pastValues) = _before(spec.Layer);
        Tensor keys = cat([pastKeys, key.permute(1, 0, 2)], 1); // [k, p, d] [s, k, d] -> [k, c, d]
        Tensor values = cat([pastValues, value.permute(1, 0, 2)], 1); // [k, p, d] [s, k, d] -> [k, c, d]

        long heads = query.shape[1];
        long width = query.shape[2];
        long keyHeads = keys.shape[0];
        Tensor stacked = query
            .view(_count, keyHeads, heads / keyHeads, width) // [s, h, d] -> [s, k, g, d]
            .permute(1, 2, 0, 3) // [s, k, g, d] -> [k, g, s, d]
            .reshape(keyHeads, -1, width); // [k, g, s, d] -> [k, g s, d]
        Tensor scores = matmul(stacked, keys.transpose(1, 2)).to(ScalarType.Float32) * spec.Scale; // [k, g s, d] [k, d, c] -> [k, g s, c]
        if (spec.Softcap is { } cap)
        {
            scores = (scores / cap).tanh() * cap;
        }

        scores = scores.view(heads, _count, _past + _count) + FindMask(spec.Window); // [k, g s, c] -> [h, s, c]
        Tensor weights = scores.softmax(-1).to(values.dtype).view(keyHeads, -1, _past + _count); // [h, s, c] -> [k, g s, c]
        return matmul(weights, values) // [k, g s, c] [k, c, d] -> [k, g s, d]
            .view(heads, _count, width) // [k, g s, d] -> [h, s, d]
            .permute(1, 0, 2) // [h, s, d] -> [s, h, d]
            .reshape(_count, heads * width) // [s, h, d] -> [s, h d]
            .MoveToOuterDisposeScope();
    }

    /// <summary>0 where a new token may look, -∞ where not, [s, c].</summary>
    private Tensor FindMask(int? window)
    {
        if (_masks.TryGetValue(window ?? 0, out Tensor? known))
        {
            return known;
        }

        int columns = _past + _count;
        float[] values = new float[_count * columns];
        for (int token = 0; token < _count; token++)
        {
            int last = _past + token;
            Span<float> row = values.AsSpan(token * columns, columns);
            row[(last + 1)..].Fill(float.NegativeInfinity);
            row[..Math.Max(0, last + 1 - (window ?? columns))].Fill(float.NegativeInfinity);
        }

        Tensor mask = Tensors.From(values, [_count, columns], ScalarType.Float32, _device).DetachFromDisposeScope();
        return _masks[window ?? 0] = mask;
    }
}
