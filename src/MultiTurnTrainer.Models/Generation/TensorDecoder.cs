// Shapes: b rows of the batch, s their tokens together, e hidden width, v vocabulary.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>Decodes with the model's own operators, on any device.</summary>
internal sealed class TensorDecoder(CausalLM model, Adapter? adapter, int maxNewTokens) : IDecoder
{
    private KeyValueCache? _cache;

    /// <summary>Reads rows as one pack and hands their keys, rotated, and values out layer by layer.</summary>
    public static float[] ReadPack(
        CausalLM model,
        Adapter? adapter,
        SequenceLayout layout,
        IReadOnlyList<IReadOnlyList<int>> rows,
        Action<int, Tensor, Tensor> onKeys
    )
    {
        using DisposeScope scope = NewDisposeScope();
        using ForwardContext context = model.PrepareCached(layout, adapter, onKeys);
        using Tensor ids = Tensors.Ids([.. rows.SelectMany(row => row)], model.Device);
        using Tensor ends = Tensors.Ids([.. layout.Starts.Skip(1).Select(end => end - 1)], model.Device);
        Tensor hidden = model.Forward(ids, context).index_select(0, ends); // [s, e] -> [b, e]
        return Tensors.ToArray(model.Logits(hidden, context)); // [b, v]
    }

    public float[] Read(IReadOnlyList<IReadOnlyList<int>> rows)
    {
        SequenceLayout layout = new(rows.Select(row => row.Count));
        _cache?.Dispose();
        KeyValueCache cache = new(model, layout, maxNewTokens);
        _cache = cache;
        return ReadPack(
            model,
            adapter,
            layout,
            rows,
            (layer, keys, values) => cache.StorePrompts(layout, layer, keys, values)
        );
    }

    public float[] Step(int[] ids)
    {
        using DisposeScope scope = NewDisposeScope();
        _cache!.Advance();
        using DecodeContext context = new(model, _cache, adapter);
        using Tensor tokens = Tensors.Ids(ids, model.Device);
        return Tensors.ToArray(model.Logits(model.Forward(tokens, context), context));
    }

    public void Keep(int[] rows) => _cache!.Keep(rows);

    public void Dispose() => _cache?.Dispose();
}
