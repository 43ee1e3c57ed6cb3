// Shapes: n rows, w width.

namespace MultiTurnTrainer.Models.Kernels;

/// <summary>
/// Sums over the rows of a matrix, in fp32, as products: those are cut by shape alone, where a reduction's order may depend on the
/// number of threads.
/// </summary>
internal static class Columns
{
    /// <summary>Σ over rows: [rows, width] to [width].</summary>
    public static Tensor Sum(Tensor matrix)
    {
        using Tensor each = ones([matrix.size(0)], matrix.dtype, matrix.device);
        return Sum(matrix, each);
    }

    /// <summary>Σ over rows of weight · row.</summary>
    /// <param name="matrix">[rows, width].</param>
    /// <param name="weights">[rows], of the same type.</param>
    /// <returns>[width].</returns>
    public static Tensor Sum(Tensor matrix, Tensor weights)
    {
        using DisposeScope scope = NewDisposeScope();
        return Products.Wide(weights.unsqueeze(0), matrix).view(-1).MoveToOuterDisposeScope(); // [1, n] [n, w] -> [w]
    }

    /// <summary>Every column by its factor; follows autograd to both.</summary>
    /// <param name="matrix">[…, width].</param>
    /// <param name="factors">[width].</param>
    public static Tensor Scale(Tensor matrix, Tensor factors) => ColumnScale.apply(matrix, factors);
}

/// <summary>A product of columns and factors with its own backward, whose sum over rows is <see cref="Columns.Sum(Tensor)"/>.</summary>
internal sealed class ColumnScale : autograd.SingleTensorFunction<ColumnScale>
{
    public override string Name => "column_scale";

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor matrix = (Tensor)vars[0];
        Tensor factors = (Tensor)vars[1];
        ctx.save_for_backward([matrix, factors]);
        return matrix * factors;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        (Tensor matrix, Tensor factors) = (saved[0], saved[1]);
        Tensor? dfactors = factors.requires_grad
            ? Columns.Sum((matrix.to(float32) * grad_output).reshape(-1, matrix.size(-1))) // […, w] -> [n, w] -> [w]
            : null;
        return [grad_output * factors, dfactors!];
    }
}
