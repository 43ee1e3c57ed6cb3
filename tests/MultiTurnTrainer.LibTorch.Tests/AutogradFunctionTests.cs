using MultiTurnTrainer.LibTorch.Native;
using MultiTurnTrainer.LibTorch.Providers;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.LibTorch.Tests;

public class AutogradFunctionTests
{
    [Fact]
    public void Apply_OfASingleTensorFunction_UsesItsBackward()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = torch.tensor([1f, 2f, 3f], requires_grad: true);
        Tensor y = Cube.apply(x, 2.0);
        Assert.Equal([2f, 16f, 54f], y.data<float>().ToArray());
        (y * y).sum().backward();
        // d(4 x⁶)/dx = 24 x⁵
        Assert.Equal([24f, 768f, 5832f], x.grad!.data<float>().ToArray());
    }

    [Fact]
    public void Apply_OfAMultiTensorFunction_GivesEachInputItsGradient()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = torch.tensor([1f, 2f], requires_grad: true);
        Tensor y = torch.tensor([3f, 5f], requires_grad: true);
        List<Tensor> both = SumAndProduct.apply(x, y);
        IList<Tensor> grads = autograd.grad([both[0].sum() + (2 * both[1]).sum()], [x, y]);
        Assert.Equal([7f, 11f], grads[0].data<float>().ToArray());
        Assert.Equal([3f, 5f], grads[1].data<float>().ToArray());
    }

    [Fact]
    public void Apply_UnderNoGrad_RecordsNothing()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = torch.tensor([1f], requires_grad: true);
        using (no_grad())
        {
            Assert.False(Cube.apply(x, 1.0).requires_grad);
        }

        Assert.True(Cube.apply(x, 1.0).requires_grad);
    }

    [Fact]
    public void Backward_ThatThrows_SurfacesWithItsCause()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = torch.tensor([1f], requires_grad: true);
        TorchException problem = Assert.Throws<TorchException>(() => Failing.apply(x).sum().backward());
        Assert.Contains("Failing: on purpose", problem.Message, StringComparison.Ordinal);
        Assert.IsType<InvalidOperationException>(problem.InnerException);
    }

    [Fact]
    public void Backward_Twice_IsRefused()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = torch.tensor([1f], requires_grad: true);
        Tensor y = Cube.apply(x, 1.0).sum();
        y.backward();
        Assert.Throws<TorchException>(() => y.backward());
    }

    [Fact]
    public void Functions_AtTheEndOfTheirScope_LeaveNothingAlive()
    {
        using (NewDisposeScope())
        {
            Cube.apply(torch.tensor([1f], requires_grad: true), 1.0).sum().backward();
        }

        long tensors = TorchRuntime.LiveTensors;
        int? functions = TorchRuntime.LiveFunctions;
        for (int i = 0; i < 20; i++)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor x = torch.randn(8, requires_grad: true);
            Tensor y = Cube.apply(Cube.apply(x, 1.0), 0.5);
            if (i % 2 == 0)
            {
                y.sum().backward();
            }
        }

        Assert.Equal(tensors, TorchRuntime.LiveTensors);
        Assert.Equal(functions, TorchRuntime.LiveFunctions);
    }

    private sealed class Cube : autograd.SingleTensorFunction<Cube>
    {
        public override string Name => nameof(Cube);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars)
        {
            Tensor x = (Tensor)vars[0];
            double scale = (double)vars[1];
            Tensor y = x.pow(3).mul_(scale);
            ctx.save_for_backward([x, y]);
            ctx.save_data("scale", scale);
            return y;
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output)
        {
            List<Tensor> saved = ctx.get_saved_variables();
            Assert.Equal(saved[0].shape, saved[1].shape);
            return [grad_output * saved[0].pow(2) * (3 * (double)ctx.get_data("scale")!), null!];
        }
    }

    private sealed class SumAndProduct : autograd.MultiTensorFunction<SumAndProduct>
    {
        public override string Name => nameof(SumAndProduct);

        public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
        {
            Tensor x = (Tensor)vars[0];
            Tensor y = (Tensor)vars[1];
            ctx.save_for_backward([x, y]);
            return [x + y, x * y];
        }

        public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
        {
            List<Tensor> saved = ctx.get_saved_variables();
            return [grad_outputs[0] + (grad_outputs[1] * saved[1]), grad_outputs[0] + (grad_outputs[1] * saved[0])];
        }
    }

    private sealed class Failing : autograd.SingleTensorFunction<Failing>
    {
        public override string Name => nameof(Failing);

        public override Tensor forward(autograd.AutogradContext ctx, params object[] vars) => ((Tensor)vars[0]).clone();

        public override List<Tensor> backward(autograd.AutogradContext ctx, Tensor grad_output) =>
            throw new InvalidOperationException("on purpose");
    }
}
