using MultiTurnTrainer.Models.Checks;
using MultiTurnTrainer.Models.Kernels;
using MultiTurnTrainer.Models.Kernels.Cuda;
using MultiTurnTrainer.Models.Kernels.Norm;
using MultiTurnTrainer.Models.Kernels.Rotary;
using MultiTurnTrainer.Models.Kernels.SwiGlu;
using MultiTurnTrainer.Models.Tests.Kernels.Simt;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Kernels;

public class KernelCheckTests
{
    public static TheoryData<string, string> Cases =>
        new(
            from backend in (string[])["cpu", "simt"]
            from type in (string[])["Float32", "BFloat16"]
            select (backend, type)
        );

    [Fact]
    public void Run_OnTheProcessor_PassesEverywhere() =>
        Assert.All(KernelCheck.Run(CPU), result => Assert.True(result.Passed, result.ToString()));

    [Theory]
    [MemberData(nameof(Cases))]
    public void RmsNorm_ForwardAndBackward_EqualTheReference(string backend, string type)
    {
        foreach (int width in (int[])[12, 64, 133, 1500])
        {
            Check(
                backend,
                type,
                [
                    [9, width],
                    [width],
                ],
                tensors => RmsNormKernel.Apply(tensors[0], tensors[1], 1e-5, addsOne: width == 64),
                tensors => RmsNormKernel.Composed(tensors[0], tensors[1], 1e-5, addsOne: width == 64)
            );
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void SwiGlu_ForwardAndBackward_EqualTheReference(string backend, string type) =>
        Check(
            backend,
            type,
            [
                [5, 77],
                [5, 77],
            ],
            tensors => SwiGluKernel.Apply(tensors[0], tensors[1]),
            tensors => SwiGluKernel.Composed(tensors[0], tensors[1])
        );

    [Theory]
    [MemberData(nameof(Cases))]
    public void Rotary_ForwardAndBackward_EqualTheReference(string backend, string type)
    {
        foreach ((int width, int half) in ((int, int)[])[(12, 6), (64, 32), (40, 9)])
        {
            Check(
                backend,
                type,
                [
                    [7, 3, width],
                    [7, 1, half],
                    [7, 1, half],
                ],
                tensors => RotaryKernel.Apply(tensors[0], tensors[1].detach(), tensors[2].detach()),
                tensors => RotaryKernel.Composed(tensors[0], tensors[1].detach(), tensors[2].detach())
            );
        }
    }

    [Fact]
    public void SwiGlu_OnTheEmulator_TakesViewsThatBeginAnywhere()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor gate = randn(101).to(bfloat16).narrow(0, 1, 100);
        Tensor up = randn(103).to(bfloat16).narrow(0, 3, 100);
        Backends.Launcher = new SimtLauncher();
        try
        {
            Assert.True(SwiGluKernel.Apply(gate, up).allclose(SwiGluKernel.Composed(gate, up), rtol: 2e-2, atol: 1e-2));
        }
        finally
        {
            Backends.Launcher = null;
        }
    }

    [Fact]
    public void RmsNorm_InBfloat16_RoundsWhereTheDefinitionRounds()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor x = randn(16, 320).to(bfloat16);
        Tensor weight = randn(320).to(bfloat16);
        foreach (bool addsOne in (bool[])[false, true])
        {
            Tensor expected = RmsNormKernel.Composed(x, weight, 1e-6, addsOne);
            Tensor given = RmsNormKernel.Apply(x, weight, 1e-6, addsOne);
            // The sums are taken in another order: a neighbour of the rounded value here and there.
            Assert.InRange(expected.ne(given).sum().item<long>(), 0, 8);
        }
    }

    [Fact]
    public void RmsNorm_WithATrainedWeight_GivesItAGradient()
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor weight = randn(8, requires_grad: true);
        RmsNormKernel.Apply(randn(3, 8), weight, 1e-6, addsOne: false).sum().backward();
        Assert.NotNull(weight.grad);
    }

    [Theory]
    [InlineData(80)]
    [InlineData(90)]
    public void Sources_UnderNvrtc_Compile(int architecture)
    {
        Assert.SkipUnless(Nvrtc.Available, "needs libnvrtc (Debian's libnvrtc11.2, or a CUDA PyTorch's)");
        Assert.NotEmpty(Nvrtc.Compile(CudaKernels.Source(), architecture));
    }

    private static void Check(
        string backend,
        string type,
        long[][] shapes,
        Func<Tensor[], Tensor> kernel,
        Func<Tensor[], Tensor> reference
    )
    {
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        Backends.Launcher = backend == "simt" ? new SimtLauncher() : null;
        try
        {
            ScalarType element = Enum.Parse<ScalarType>(type);
            KernelCheckResult result = KernelCheck.Compare(backend, CPU, element, shapes, kernel, reference);
            Assert.True(result.Passed, result.ToString());
        }
        finally
        {
            Backends.Launcher = null;
        }

        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }
}
