// Folder Rotary: rotates pairs of entries by given angles.
// Refuses to know: positions, frequencies, lengths.
// Shapes: s tokens, h heads, d width of a head, a half of the entries that rotate.

namespace MultiTurnTrainer.Models.Kernels.Rotary;

/// <summary>Rotary position embedding in one pass; its backward turns back and saves nothing but the tables.</summary>
internal static class RotaryKernel
{
    /// <summary>Rotates pairs (i, i + d/2) of the leading d entries; the rest passes.</summary>
    /// <param name="heads">[tokens, heads, width].</param>
    /// <param name="cosine">[tokens, 1, d / 2], of the same type.</param>
    /// <param name="sine">[tokens, 1, d / 2].</param>
    public static Tensor Apply(Tensor heads, Tensor cosine, Tensor sine) =>
        Backends.Choose(heads) == Backend.Composed || cosine.dtype != heads.dtype
            ? Composed(heads, cosine, sine)
            : RotaryFunction.apply(heads, cosine, sine);

    /// <summary>The reference, in plain operators.</summary>
    public static Tensor Composed(Tensor heads, Tensor cosine, Tensor sine)
    {
        using DisposeScope scope = NewDisposeScope();
        long half = cosine.size(-1);
        long width = heads.size(-1);
        Tensor first = heads.narrow(-1, 0, half); // [s, h, d] -> [s, h, a]
        Tensor second = heads.narrow(-1, half, half); // [s, h, d] -> [s, h, a]
        Tensor low = (first * cosine) - (second * sine); // [s, h, a] [s, 1, a] -> [s, h, a]
        Tensor high = (second * cosine) + (first * sine);
        Tensor rotated =
            width == 2 * half
                ? cat([low, high], -1) // [s, h, d]
                : cat([low, high, heads.narrow(-1, 2 * half, width - (2 * half))], -1); // [s, h, d]
        return rotated.MoveToOuterDisposeScope();
    }
}

/// <summary>The rotation with its own backward.</summary>
internal sealed class RotaryFunction : autograd.SingleTensorFunction<RotaryFunction>
{
    public override string Name => "rotary";

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor cosine = (Tensor)vars[1];
        Tensor sine = (Tensor)vars[2];
        ctx.save_for_backward([cosine, sine]);
        return Rotate((Tensor)vars[0], cosine, sine, 1);
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        return [Rotate(grad_output, saved[0], saved[1], -1), null!, null!];
    }

    private static Tensor Rotate(Tensor heads, Tensor cosine, Tensor sine, float sign)
    {
        Tensor x = heads.contiguous();
        Tensor y = empty_like(x);
        if (Backends.Choose(x) == Backend.Cuda)
        {
            CudaRotary.Rotate(x, cosine, sine, y, sign);
        }
        else
        {
            CpuRotary.Rotate(x, cosine, sine, y, sign);
        }

        return y;
    }
}
