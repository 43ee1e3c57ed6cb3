// Folder Norm: the root mean square norm, forward and backward.
// Refuses to know: where a norm stands.
// Shapes: n rows, w width.

namespace MultiTurnTrainer.Models.Kernels.Norm;

/// <summary>
/// Root mean square norm over the last dimension, one pass forward and one backward, saving the input and one number per
/// row. A trained weight gets its gradient from a product.
/// </summary>
internal static class RmsNormKernel
{
    /// <summary>The norm.</summary>
    /// <param name="input">[…, width].</param>
    /// <param name="weight">[width].</param>
    /// <param name="epsilon">Added to the mean square.</param>
    /// <param name="addsOne">Gemma: multiply by 1 + w before rounding; otherwise round, then multiply by w.</param>
    public static Tensor Apply(Tensor input, Tensor weight, double epsilon, bool addsOne)
    {
        Backend backend = Backends.Choose(input);
        bool wider = weight.dtype != input.dtype;
        return backend == Backend.Composed || (backend == Backend.Cuda && wider && addsOne)
            ? Composed(input, weight, epsilon, addsOne)
            : RmsNormFunction.apply(input, weight, (float)epsilon, addsOne);
    }

    /// <summary>The reference, in plain operators; single precision inside, or double where double is given.</summary>
    public static Tensor Composed(Tensor input, Tensor weight, double epsilon, bool addsOne)
    {
        using DisposeScope scope = NewDisposeScope();
        ScalarType type = input.dtype;
        ScalarType inside = type == float64 ? float64 : float32;
        Tensor wide = input.to(inside);
        Tensor normal = wide * ((wide * wide).mean([-1], keepdim: true) + epsilon).rsqrt(); // […, w] -> […, 1]
        Tensor result = addsOne ? (normal * (weight.to(inside) + 1)).to(type) : normal.to(type) * weight.to(type);
        return result.MoveToOuterDisposeScope();
    }
}

/// <summary>The norm with its own backward.</summary>
internal sealed class RmsNormFunction : autograd.SingleTensorFunction<RmsNormFunction>
{
    public override string Name => "rms_norm";

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor x = ((Tensor)vars[0]).contiguous();
        Tensor weight = (Tensor)vars[1];
        bool addsOne = (bool)vars[3];
        Tensor y = empty_like(x);
        Tensor inverse = empty(x.numel() / x.size(-1), float32, x.device);
        if (Backends.Choose(x) == Backend.Cuda)
        {
            CudaRmsNorm.Forward(x, Rounded(weight, x, addsOne), y, inverse, (float)vars[2], addsOne);
        }
        else
        {
            CpuRmsNorm.Forward(x, Rounded(weight, x, addsOne), y, inverse, (float)vars[2], addsOne);
        }

        ctx.save_for_backward([x, weight, inverse]);
        ctx.save_data("addsOne", addsOne);
        return y;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        Tensor dy = grad_output.contiguous();
        Tensor dx = empty_like(dy);
        bool addsOne = (bool)ctx.get_data("addsOne")!;
        Tensor weight = Rounded(saved[1], saved[0], addsOne);
        if (Backends.Choose(dy) == Backend.Cuda)
        {
            CudaRmsNorm.Backward(saved[0], weight, dy, saved[2], dx, addsOne);
        }
        else
        {
            CpuRmsNorm.Backward(saved[0], weight, dy, saved[2], dx, addsOne);
        }

        Tensor? dweight = saved[1].requires_grad ? WeightGradient(saved[0], saved[1], dy, saved[2]) : null;
        return [dx, dweight!, null!, null!];
    }

    // A wider weight is rounded before it multiplies, but not before the one is added.
    private static Tensor Rounded(Tensor weight, Tensor x, bool addsOne) => addsOne ? weight : weight.to(x.dtype);

    private static Tensor WeightGradient(Tensor x, Tensor weight, Tensor dy, Tensor inverse)
    {
        Tensor product = (x.to(float32) * dy).view(-1, x.size(-1)); // […, w] -> [n, w]
        return Columns.Sum(product, inverse).to(weight.dtype); // [n, w] [n] -> [w]
    }
}
