using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Kernels.Attention;

/// <summary>
/// Causal attention inside each sequence of a pack on the processor: blocks of queries, products by libtorch, everything
/// between them in one pass (<see cref="CpuAttentionRows"/>), and a backward that forms the scores again. Saves the inputs and
/// one number per query and head; the largest matrix is one block of queries by the keys of one sequence.
/// </summary>
internal sealed class CpuAttention : autograd.SingleTensorFunction<CpuAttention>
{
    /// <summary>Queries to a block.</summary>
    private const int BlockQueries = 256;

    /// <inheritdoc/>
    public override string Name => "attention";

    /// <summary>Attends.</summary>
    /// <param name="query">[tokens, heads, width].</param>
    /// <param name="key">[tokens, key heads, width].</param>
    /// <param name="value">[tokens, key heads, width].</param>
    /// <param name="starts">Where each sequence starts, and the total.</param>
    /// <param name="scale">The factor on the scores.</param>
    /// <param name="window">How many keys a query sees, or null.</param>
    /// <param name="softcap">The cap on the scores, or 0.</param>
    /// <returns>[tokens, heads · width].</returns>
    public static Tensor Run(
        Tensor query,
        Tensor key,
        Tensor value,
        int[] starts,
        double scale,
        int? window,
        double softcap
    ) => apply(query, key, value, new Spec(starts, (float)scale, window, (float)softcap));

    /// <inheritdoc/>
    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor query = (Tensor)vars[0];
        Tensor key = (Tensor)vars[1];
        Tensor value = (Tensor)vars[2];
        Spec spec = (Spec)vars[3];
        Tensor result = empty([query.size(0), query.size(1) * query.size(2)], query.dtype);
        Tensor lse = empty(query.size(0) * query.size(1), float32);
        long kept = 0;
        foreach (Block block in spec.Blocks())
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor stacked = Stack(block.Queries(query), key.size(1));
            Tensor scores = bmm(stacked, block.Keys(key).permute(1, 2, 0));
            long rows = scores.size(0) * scores.size(1);
            CpuAttentionRows.Softmax(scores, lse.narrow(0, kept, rows), block.Shape);
            kept += rows;
            Tensor mixed = bmm(scores, block.Keys(value).permute(1, 0, 2));
            block.Queries(result).copy_(Unstack(mixed, block.Shape.Queries));
        }

        ctx.save_for_backward([query, key, value, lse]);
        ctx.save_data("spec", spec);
        return result;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        (Tensor query, Tensor key, Tensor value, Tensor lse) = (saved[0], saved[1], saved[2], saved[3]);
        Spec spec = (Spec)ctx.get_data("spec")!;
        Tensor given = grad_output.view(query.shape);
        Tensor dquery = empty(query.shape, query.dtype);
        // Blocks share keys: their sums run in fp32.
        Tensor dkey = zeros(key.shape, float32);
        Tensor dvalue = zeros(value.shape, float32);
        long keyHeads = key.size(1);
        long kept = 0;
        foreach (Block block in spec.Blocks())
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor stacked = Stack(block.Queries(query), keyHeads);
            Tensor slope = Stack(block.Queries(given), keyHeads);
            Tensor keys = block.Keys(key);
            Tensor weights = bmm(stacked, keys.permute(1, 2, 0));
            Tensor scores = bmm(slope, block.Keys(value).permute(1, 2, 0));
            long rows = weights.size(0) * weights.size(1);
            CpuAttentionRows.Backward(weights, scores, lse.narrow(0, kept, rows), block.Shape);
            kept += rows;
            Tensor change = bmm(scores, keys.permute(1, 0, 2));
            block.Queries(dquery).view(block.Shape.Queries, -1).copy_(Unstack(change, block.Shape.Queries));
            block.Keys(dkey).add_(bmm(scores.transpose(1, 2), stacked).permute(1, 0, 2));
            block.Keys(dvalue).add_(bmm(weights.transpose(1, 2), slope).permute(1, 0, 2));
        }

        return [dquery, dkey.to(key.dtype), dvalue.to(value.dtype), null!];
    }

    // [queries, heads, width] to [key heads, group · queries, width]: query head h uses key head h / group.
    private static Tensor Stack(Tensor queries, long keyHeads)
    {
        long count = queries.size(0);
        long width = queries.size(2);
        long group = queries.size(1) / keyHeads;
        return queries
            .reshape(count, keyHeads, group, width)
            .permute(1, 2, 0, 3)
            .reshape(keyHeads, group * count, width);
    }

    // And back, to [queries, heads · width].
    private static Tensor Unstack(Tensor stacked, long queries)
    {
        long keyHeads = stacked.size(0);
        long group = stacked.size(1) / queries;
        long width = stacked.size(2);
        return stacked
            .view(keyHeads, group, queries, width)
            .permute(2, 0, 1, 3)
            .reshape(queries, keyHeads * group * width);
    }

    /// <summary>What the backward must know beside the tensors.</summary>
    private sealed record Spec(int[] Starts, float Scale, int? Window, float Softcap)
    {
        public IEnumerable<Block> Blocks()
        {
            for (int i = 0; i + 1 < Starts.Length; i++)
            {
                int length = Starts[i + 1] - Starts[i];
                for (int first = 0; first < length; first += BlockQueries)
                {
                    int count = Math.Min(BlockQueries, length - first);
                    int low = Window is { } window ? Math.Max(0, first - window + 1) : 0;
                    AttentionShape shape = new(count, first + count - low, first - low, Scale, Window, Softcap);
                    yield return new Block(Starts[i] + first, Starts[i] + low, shape);
                }
            }
        }
    }

    private readonly record struct Block(int FirstQuery, int FirstKey, AttentionShape Shape)
    {
        public Tensor Queries(Tensor all) => all.narrow(0, FirstQuery, Shape.Queries);

        public Tensor Keys(Tensor all) => all.narrow(0, FirstKey, Shape.Keys);
    }
}
