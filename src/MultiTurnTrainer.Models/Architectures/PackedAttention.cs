// Shapes: s tokens of the pack, h query heads, k key heads, g = h / k, d width of a head, q queries of a block, c keys they may see.

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>
/// Causal attention inside each sequence of a pack, in blocks of queries: no score between two sequences is ever
/// formed, and the largest score matrix is one block by one sequence.
/// </summary>
internal static class PackedAttention
{
    /// <summary>Queries to a block: the scores of a block stay in cache for sequences of a few thousand tokens.</summary>
    private const int BlockQueries = 256;

    /// <summary>Attends.</summary>
    /// <param name="spec">Scale, window, softcap.</param>
    /// <param name="layout">The pack.</param>
    /// <param name="query">[tokens, heads, width].</param>
    /// <param name="key">[tokens, key heads, width].</param>
    /// <param name="value">[tokens, key heads, width].</param>
    /// <param name="sinks">A score for each head that takes part in the softmax and gives nothing, [heads]; null without.</param>
    /// <returns>[tokens, heads · width].</returns>
    public static Tensor Forward(
        AttentionSpec spec,
        SequenceLayout layout,
        Tensor query,
        Tensor key,
        Tensor value,
        Tensor? sinks = null
    )
    {
        using DisposeScope scope = NewDisposeScope();
        List<Tensor> parts = [];
        for (int i = 0; i < layout.Lengths.Count; i++)
        {
            int start = layout.Starts[i];
            int length = layout.Lengths[i];
            for (int first = 0; first < length; first += BlockQueries)
            {
                int count = Math.Min(BlockQueries, length - first);
                int low = spec.Window is { } window ? Math.Max(0, first - window + 1) : 0;
                int high = first + count;
                parts.Add(
                    AttendBlock(
                        spec,
                        query.narrow(0, start + first, count), // [q, h, d]
                        key.narrow(0, start + low, high - low), // [c, k, d]
                        value.narrow(0, start + low, high - low), // [c, k, d]
                        sinks,
                        first - low
                    )
                );
            }
        }

        Tensor all = parts.Count == 1 ? parts[0] : cat(parts, 0); // blocks of [q, h d] -> [s, h d]
        return all.MoveToOuterDisposeScope();
    }

    /// <summary>Some queries against the keys they may see; query 0 is at key <paramref name="offset"/>.</summary>
    private static Tensor AttendBlock(
        AttentionSpec spec,
        Tensor query,
        Tensor key,
        Tensor value,
        Tensor? sinks,
        int offset
    )
    {
        using DisposeScope scope = NewDisposeScope();
        long queries = query.shape[0];
        long keys = key.shape[0];
        long heads = query.shape[1];
        long keyHeads = key.shape[1];
        long group = heads / keyHeads;
        long width = query.shape[2];

        // Query head h uses key head h / group: the group's queries are stacked, keys are never repeated.
        Tensor stacked = query
            .view(queries, keyHeads, group, width) // [q, h, d] -> [q, k, g, d]
            .permute(1, 2, 0, 3) // [k, g, q, d]
            .reshape(keyHeads, group * queries, width); // [k, g q, d]
        ScalarType inside = query.dtype == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        Tensor scores = bmm(stacked, key.permute(1, 2, 0)).to(inside) * spec.Scale; // [k, g q, d] [k, d, c] -> [k, g q, c]
        if (spec.Softcap is { } cap)
        {
            scores = (scores / cap).tanh() * cap;
        }

        if (CreateMask(spec.Window, queries, keys, offset, query.device) is { } hidden)
        {
            scores = scores
                .view(keyHeads, group, queries, keys) // [k, g q, c] -> [k, g, q, c]
                .masked_fill(hidden, double.NegativeInfinity)
                .view(keyHeads, group * queries, keys); // [k, g q, c]
        }

        if (sinks is not null)
        {
            Tensor own = zeros([keyHeads, group, queries], inside, query.device); // [k, g, q]
            sinks = (own + sinks.view(keyHeads, group, 1)).view(keyHeads, group * queries); // [h] -> [k, g q]
        }

        Tensor weights = AttentionSinks.Softmax(scores, sinks).to(query.dtype);
        return bmm(weights, value.permute(1, 0, 2)) // [k, g q, c] [k, c, d] -> [k, g q, d]
            .view(keyHeads, group, queries, width) // [k, g, q, d]
            .permute(2, 0, 1, 3) // [q, k, g, d]
            .reshape(queries, heads * width) // [q, h d]
            .MoveToOuterDisposeScope();
    }

    /// <summary>True where a query may not look, [queries, keys]; null where every query sees every key.</summary>
    private static Tensor? CreateMask(int? window, long queries, long keys, int offset, Device device)
    {
        bool causal = queries > 1;
        bool windowed = window is { } size && keys > size;
        if (!causal && !windowed)
        {
            return null;
        }

        Tensor own = arange(offset, offset + queries, dtype: ScalarType.Int64, device: device).unsqueeze(1); // [q, 1]
        Tensor others = arange(0, keys, dtype: ScalarType.Int64, device: device).unsqueeze(0); // [1, c]
        Tensor hidden = others.gt(own); // [q, c]
        return windowed ? hidden.logical_or(others.le(own - window!.Value)) : hidden;
    }
}
