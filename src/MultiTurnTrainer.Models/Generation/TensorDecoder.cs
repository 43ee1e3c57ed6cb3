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

    /// <summary>Reads more tokens of one sequence and gives the logits after the last, [vocabulary].</summary>
    /// <param name="model">The model.</param>
    /// <param name="adapter">Laid over it.</param>
    /// <param name="past">Tokens before them.</param>
    /// <param name="ids">The tokens.</param>
    /// <param name="before">A layer's keys and values so far.</param>
    /// <param name="onKeys">Gets the new ones.</param>
    public static float[] ReadAfter(
        CausalLM model,
        Adapter? adapter,
        int past,
        IReadOnlyList<int> ids,
        Func<int, (Tensor Keys, Tensor Values)> before,
        Action<int, Tensor, Tensor> onKeys
    )
    {
        using DisposeScope scope = NewDisposeScope();
        using ContinuedContext context = new(model, adapter, past, ids.Count, before, onKeys);
        using Tensor tokens = Tensors.Ids([.. ids], model.Device);
        Tensor last = model.Forward(tokens, context).narrow(0, ids.Count - 1, 1); // [s, e] -> [1, e]
        return Tensors.ToArray(model.Logits(last, context)); // [1, v]
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

    public float[] Extend(IReadOnlyList<int> ids)
    {
        KeyValueCache cache = _cache!;
        int past = cache.Columns;
        cache.Extend(ids.Count);
        return ReadAfter(
            model,
            adapter,
            past,
            ids,
            layer => (cache.Keys(layer, 0)[0].narrow(1, 0, past), cache.Values(layer, 0)[0].narrow(1, 0, past)), // [1, k, c, d] -> [k, p, d]
            cache.StoreLast
        );
    }

    public ISequenceCache Detach()
    {
        KeyValueCache cache = _cache!;
        _cache = null;
        return cache;
    }

    public void Attach(ISequenceCache row)
    {
        _cache?.Dispose();
        _cache = (KeyValueCache)row;
    }

    public void Keep(int[] rows) => _cache!.Keep(rows);

    public void Dispose() => _cache?.Dispose();
}
