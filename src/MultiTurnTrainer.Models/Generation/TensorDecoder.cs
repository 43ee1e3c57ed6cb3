// Shapes: b rows of the batch, s their tokens together, e hidden width, v vocabulary.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;

namespace MultiTurnTrainer.Models.Generation;

/// <summary>Decodes with the model's own operators, on any device.</summary>
internal sealed class TensorDecoder(CausalLM model, Adapter? adapter, int maxNewTokens) : IDecoder
{
    private KeyValueCache? _cache;

    /// <summary>Reads rows as one pack and hands out what they leave behind, layer by layer.</summary>
    public static float[] ReadPack(
        CausalLM model,
        Adapter? adapter,
        SequenceLayout layout,
        IReadOnlyList<IReadOnlyList<int>> rows,
        PackReader reader
    )
    {
        using DisposeScope scope = NewDisposeScope();
        using ForwardContext context = model.PrepareCached(layout, adapter, reader);
        using Tensor ids = Tensors.Ids([.. rows.SelectMany(row => row)], model.Device);
        using Tensor ends = Tensors.Ids([.. layout.Starts.Skip(1).Select(end => end - 1)], model.Device);
        Tensor hidden = model.Forward(ids, context).index_select(0, ends); // [s, e] -> [b, e]
        return Tensors.ToArray(model.Logits(hidden, context)); // [b, v]
    }

    /// <summary>Reads more tokens of sequences and gives the logits after each one's last, [rows · vocabulary].</summary>
    /// <param name="model">The model.</param>
    /// <param name="adapter">Laid over it.</param>
    /// <param name="pasts">Of each sequence, the tokens before them.</param>
    /// <param name="rows">The tokens.</param>
    /// <param name="reader">What the sequences left behind, and where to put what they leave behind now.</param>
    public static float[] ReadAfter(
        CausalLM model,
        Adapter? adapter,
        IReadOnlyList<int> pasts,
        IReadOnlyList<IReadOnlyList<int>> rows,
        ContinuedReader reader
    )
    {
        using DisposeScope scope = NewDisposeScope();
        (int, int)[] counts = [.. pasts.Zip(rows, (past, row) => (past, row.Count))];
        using ContinuedContext context = new(model, adapter, counts, reader);
        using Tensor tokens = Tensors.Ids([.. rows.SelectMany(row => row)], model.Device);
        SequenceLayout layout = new(rows.Select(row => row.Count));
        using Tensor ends = Tensors.Ids([.. layout.Starts.Skip(1).Select(end => end - 1)], model.Device);
        Tensor last = model.Forward(tokens, context).index_select(0, ends); // [s, e] -> [b, e]
        return Tensors.ToArray(model.Logits(last, context)); // [b, v]
    }

    public float[] Read(IReadOnlyList<IReadOnlyList<int>> rows)
    {
        SequenceLayout layout = new(rows.Select(row => row.Count));
        KeyValueCache cache = new(model, layout, maxNewTokens);
        Use(cache);
        return ReadPack(
            model,
            adapter,
            layout,
            rows,
            new PackReader((layer, keys, values) => cache.StorePrompts(layout, layer, keys, values), cache.StoreState)
        );
    }

    public float[] Step(int[] ids)
    {
        using DisposeScope scope = NewDisposeScope();
        _cache!.Extend(1);
        using DecodeContext context = new(model, _cache, adapter);
        using Tensor tokens = Tensors.Ids(ids, model.Device);
        return Tensors.ToArray(model.Logits(model.Forward(tokens, context), context));
    }

    public float[] Resume(IReadOnlyList<ISequenceCache?> pasts, IReadOnlyList<IReadOnlyList<int>> rows)
    {
        KeyValueCache?[] before = [.. pasts.Cast<KeyValueCache?>()];
        int[] read = [.. before.Select(past => past?.Length ?? 0)];
        Use(Gather(before, rows));
        return ReadAfter(
            model,
            adapter,
            read,
            rows,
            new ContinuedReader(
                (row, layer) => _cache!.ReadFirst(row, layer, read[row]),
                (row, layer, keys, values) => _cache!.StoreAfter(row, layer, keys, values),
                layer => _cache!.State(layer),
                (layer, state) => _cache!.StoreState(layer, state)
            )
        );
    }

    public ISequenceCache Detach(int row)
    {
        KeyValueCache cache = _cache!;
        if (cache.Rows > 1)
        {
            return cache.CopyRow(row);
        }

        _cache = null;
        return cache;
    }

    public void Keep(int[] rows) => _cache!.Keep(rows);

    public void Dispose() => Use(null);

    /// <summary>One cache with room for the rows' new tokens, which are still to be written; a row alone keeps its own.</summary>
    private KeyValueCache Gather(KeyValueCache?[] pasts, IReadOnlyList<IReadOnlyList<int>> rows)
    {
        if (pasts is [{ } only])
        {
            only.Extend(rows[0].Count);
            return only;
        }

        KeyValueCache cache = new(
            model,
            new SequenceLayout(pasts.Zip(rows, (past, row) => (past?.Length ?? 0) + row.Count)),
            maxNewTokens
        );
        cache.JoinStates(pasts);
        for (int row = 0; row < pasts.Length; row++)
        {
            if (pasts[row] is { } past)
            {
                for (int layer = 0; layer < model.Config.Layers; layer++)
                {
                    cache.StoreBefore(row, layer, past);
                }

                past.Dispose();
            }
        }

        return cache;
    }

    private void Use(KeyValueCache? cache)
    {
        if (cache != _cache)
        {
            _cache?.Dispose();
        }

        _cache = cache;
    }
}
