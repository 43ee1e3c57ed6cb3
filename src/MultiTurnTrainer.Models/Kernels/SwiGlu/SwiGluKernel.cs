// Folder SwiGlu: the gated product between two halves of a feed-forward network.
// Refuses to know: which family uses it.

namespace MultiTurnTrainer.Models.Kernels.SwiGlu;

/// <summary>silu(gate) · up, element by element in one pass; only the two inputs are saved.</summary>
internal static class SwiGluKernel
{
    /// <summary>The product.</summary>
    /// <param name="gate">Any shape.</param>
    /// <param name="up">The same shape and type.</param>
    public static Tensor Apply(Tensor gate, Tensor up) =>
        Backends.Choose(gate) == Backend.Composed ? Composed(gate, up) : SwiGluFunction.apply(gate, up);

    /// <summary>The reference, in plain operators.</summary>
    public static Tensor Composed(Tensor gate, Tensor up)
    {
        using Tensor open = nn.functional.silu(gate);
        return open * up;
    }
}

/// <summary>The product with its own backward.</summary>
internal sealed class SwiGluFunction : autograd.SingleTensorFunction<SwiGluFunction>
{
    public override string Name => "swiglu";

    public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor gate = ((Tensor)vars[0]).contiguous();
        Tensor up = ((Tensor)vars[1]).contiguous();
        Tensor h = empty_like(gate);
        if (Backends.Choose(gate) == Backend.Cuda)
        {
            CudaSwiGlu.Forward(gate, up, h);
        }
        else
        {
            CpuSwiGlu.Forward(gate, up, h);
        }

        ctx.save_for_backward([gate, up]);
        return h;
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        Tensor dh = grad_output.contiguous();
        Tensor dgate = empty_like(dh);
        Tensor dup = empty_like(dh);
        if (Backends.Choose(dh) == Backend.Cuda)
        {
            CudaSwiGlu.Backward(saved[0], saved[1], dh, dgate, dup);
        }
        else
        {
            CpuSwiGlu.Backward(saved[0], saved[1], dh, dgate, dup);
        }

        return [dgate, dup];
    }
}
