// Folder Attention: causal attention inside each sequence of a pack on the processor.
// Refuses to know: rotations, caches, layers.
// Shapes: s tokens of the pack, h query heads, k key heads, d width of a head.

namespace MultiTurnTrainer.Models.Kernels.Attention;

/// <summary>
/// Causal attention inside each sequence of a pack on the processor: one task per sequence and key head (<see cref="CpuAttentionTask"/>),
/// with a backward that forms the scores again. Saves the inputs and one number per query and head; a thread's largest matrix is
/// one block of queries by the keys of one sequence.
/// </summary>
internal sealed unsafe class CpuAttention : autograd.SingleTensorFunction<CpuAttention>
{
    public override string Name => "attention";

    /// <summary>Whether this machine has the products for it; plain operators serve elsewhere.</summary>
    public static bool Serves => Gemm.Takes(float32);

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
    ) => apply(query, key, value, new AttentionSpan(starts, (float)scale, window, (float)softcap));

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        AttentionSpan span = (AttentionSpan)vars[3];
        ScalarType type = ((Tensor)vars[0]).dtype;
        (Tensor query, Tensor key, Tensor value) = (Factor(vars[0]), Factor(vars[1]), Factor(vars[2]));
        Tensor result = empty([query.size(0), query.size(1) * query.size(2)], query.dtype); // [s, h d]
        Tensor lse = empty(query.size(0) * query.size(1), float32); // [s h]
        new CpuAttentionTask(span, query, key, value, result, lse).Forward();
        ctx.save_for_backward([query, key, value, lse]);
        ctx.save_data("span", span);
        return result.to(type);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        (Tensor query, Tensor key, Tensor value, Tensor lse) = (saved[0], saved[1], saved[2], saved[3]);
        Tensor given = grad_output.to(query.dtype).contiguous(); // [s, h d]
        Tensor dquery = empty_like(query); // [s, h, d]
        Tensor dkey = empty_like(key); // [s, k, d]
        Tensor dvalue = empty_like(value); // [s, k, d]
        CpuAttentionTask task = new((AttentionSpan)ctx.get_data("span")!, query, key, value, given, lse);
        task.Backward(dquery, dkey, dvalue);
        return [dquery.to(grad_output.dtype), dkey.to(grad_output.dtype), dvalue.to(grad_output.dtype), null!];
    }

    // Where the processor has no bf16 products, the factors are widened.
    private static Tensor Factor(object tensor)
    {
        Tensor factor = ((Tensor)tensor).contiguous();
        return Gemm.Takes(factor.dtype) ? factor : factor.to(float32);
    }
}
