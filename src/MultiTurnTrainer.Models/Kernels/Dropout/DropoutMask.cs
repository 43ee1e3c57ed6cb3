// Folder Dropout: masks that follow from a seed, so that none is kept.
// Refuses to know: which module drops, and when.
// Shapes: n rows, w width.

namespace MultiTurnTrainer.Models.Kernels.Dropout;

/// <summary>
/// Which entries of a matrix are dropped, and by what the rest grows: follows from the seed and the matrix's shape alone, so no mask
/// is kept for the backward.
/// </summary>
/// <param name="Seed">Of this module in this micro-batch.</param>
/// <param name="Share">How many are dropped, 0 to 1.</param>
internal sealed record DropoutMask(ulong Seed, double Share)
{
    private float Gain => (float)(1 / (1 - Share));

    /// <summary>The matrix with its entries dropped or grown: forward and, on a gradient, backward.</summary>
    /// <param name="matrix">[rows, width], fp32 or bf16.</param>
    public Tensor Apply(Tensor matrix)
    {
        if (Backends.Choose(matrix) == Backend.Cpu)
        {
            Tensor x = matrix.contiguous();
            Tensor y = empty_like(x);
            CpuDropout.Apply(x, y, Seed, Share, Gain);
            return y;
        }

        using DisposeScope scope = NewDisposeScope();
        // No draw of mtt goes on from another's: the global generator may be left where it stands.
        manual_seed(unchecked((long)Seed));
        Tensor kept = rand(matrix.shape, float32, matrix.device).ge(Share);
        return (matrix * kept.to(matrix.dtype) * Gain).MoveToOuterDisposeScope();
    }

    /// <summary>The same in a graph.</summary>
    /// <param name="input">[…, width].</param>
    public Tensor Record(Tensor input) => DropoutFunction.apply(input, this);
}

/// <summary>Dropout with a backward that makes the mask again.</summary>
internal sealed class DropoutFunction : autograd.SingleTensorFunction<DropoutFunction>
{
    public override string Name => "dropout";

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        ctx.save_data("mask", vars[1]);
        return Apply((DropoutMask)vars[1], (Tensor)vars[0]);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
        [Apply((DropoutMask)ctx.get_data("mask")!, grad_output), null!];

    private static Tensor Apply(DropoutMask mask, Tensor tensor) =>
        mask.Apply(tensor.reshape(-1, tensor.size(-1))).view(tensor.shape); // […, w] -> [n, w] -> […, w]
}
