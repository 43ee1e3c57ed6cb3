// Shapes: n batches, l rows and columns.

namespace MultiTurnTrainer.Models.Kernels.DeltaNet;

/// <summary>
/// (I + A)⁻¹ for matrices A below the diagonal, [n, …, l, l] with l a power of two: blocks on the diagonal are inverted, and joined two by two. As
/// exact as forward substitution, which the powers of A are not.
/// </summary>
internal sealed class UnitLower : autograd.SingleTensorFunction<UnitLower>
{
    public override string Name => "unit_lower_inverse";

    /// <summary>The inverses.</summary>
    public static Tensor Invert(Tensor lower) => apply(lower);

    /// <summary>True where a column stands at least so far to the right of the row's diagonal, [l, l].</summary>
    public static Tensor Mask(int size, int distance, Device device)
    {
        Tensor rows = arange(0, size, dtype: int64, device: device).unsqueeze(1); // [l, 1]
        Tensor columns = arange(0, size, dtype: int64, device: device).unsqueeze(0); // [1, l]
        return (columns - rows).ge(distance); // [l, l]
    }

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor lower = (Tensor)vars[0];
        int size = (int)lower.size(-1);
        Tensor inverse = zeros_like(lower) + Identity(size, lower.device);
        for (int block = 1; block < size; block *= 2)
        {
            Tensor off = lower * Off(size, block, lower.device); // what stands left of every second block of the diagonal
            inverse -= inverse.matmul(off).matmul(inverse);
        }

        ctx.save_for_backward([inverse]);
        return inverse;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        Tensor turned = ctx.get_saved_variables()[0].transpose(-1, -2);
        return [turned.matmul(grad_output).matmul(turned).neg()];
    }

    private static Tensor Identity(int size, Device device)
    {
        float[] values = new float[size * size];
        for (int i = 0; i < size; i++)
        {
            values[(i * size) + i] = 1;
        }

        return tensor(values, [size, size]).to(device);
    }

    private static Tensor Off(int size, int block, Device device)
    {
        float[] values = new float[size * size];
        for (int row = 0; row < size; row++)
        {
            int start = row / block * block;
            if (start / block % 2 == 1)
            {
                values.AsSpan((row * size) + start - block, block).Fill(1);
            }
        }

        return tensor(values, [size, size]).to(device);
    }
}
