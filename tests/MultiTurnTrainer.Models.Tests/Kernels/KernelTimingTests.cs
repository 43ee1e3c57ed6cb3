using MultiTurnTrainer.LibTorch.Providers;
using MultiTurnTrainer.Models.Checks;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Kernels;

/// <summary>Nothing beside it: functions in graphs are counted for the whole process.</summary>
[CollectionDefinition(nameof(KernelTimingTests), DisableParallelization = true)]
[Collection(nameof(KernelTimingTests))]
public class KernelTimingTests
{
    private static readonly KernelSizes _small = new(24, 40, 56, 2, 16, 3, 4, 5, 101);

    [Theory]
    [InlineData("Float32")]
    [InlineData("BFloat16")]
    public void Cases_BothFaces_RunAndAgree(string type)
    {
        using DisposeScope scope = NewDisposeScope();
        ScalarType element = Enum.Parse<ScalarType>(type);
        KernelCase[] cases = [.. new KernelCases(CPU, element, _small).All()];

        Assert.True(cases.Length >= 5);
        foreach (KernelCase each in cases)
        {
            (float[][] composed, int? nodes) = Run(each, each.Composed);
            (float[][] fast, int? ownNodes) = Run(each, each.Fast);
            bool rows = each.Kernel == "cross-entropy rows";
            // TorchSharp does not count them.
            Assert.True(
                rows || nodes is null || (nodes == 0 && ownNodes > 0),
                $"{each.Kernel}: {nodes} and {ownNodes} functions of ours"
            );
            Assert.Equal(composed.Length, fast.Length);
            Assert.True(composed.Length >= 2, each.Kernel);
            for (int i = 0; i < composed.Length; i++)
            {
                double largest = composed[i].Max(Math.Abs);
                double difference = composed[i].Zip(fast[i], (a, b) => Math.Abs((double)a - b)).Max();
                Assert.Equal(composed[i].Length, fast[i].Length);
                Assert.True(largest > 0, $"{each.Kernel}: output {i} is zero");
                Assert.True(
                    difference <= (element == float32 ? 2e-6 : 2e-2) * largest,
                    $"{each.Kernel}: output {i} differs by {difference} of {largest}"
                );
            }
        }
    }

    [Fact]
    public void Run_SmallSizes_TimesEveryKernelInBothTypes()
    {
        KernelTimingResult[] results = [.. KernelTiming.Run(CPU, _small, repeats: 1)];

        string[] kernels = [.. results.Where(result => result.Type == "Float32").Select(result => result.Kernel)];
        Assert.Equal(kernels, results.Where(result => result.Type == "BFloat16").Select(result => result.Kernel));
        Assert.Equal(kernels.Length, kernels.Distinct().Count());
        Assert.Contains("24 x 40", results.Select(result => result.Shape));
        Assert.All(results, result => Assert.True(result.Milliseconds > 0 && result.ComposedMilliseconds > 0));
    }

    // Result and gradients, and how many functions of ours the graph had.
    private static (float[][] Values, int? Functions) Run(KernelCase each, Func<Tensor[], Tensor[]> backend)
    {
        using DisposeScope scope = NewDisposeScope();
        int? before = TorchRuntime.LiveFunctions;
        Tensor[] results = backend(each.Inputs());
        int? made = TorchRuntime.LiveFunctions - before;
        return ([.. results.Select(result => result.detach().to(float32).contiguous().data<float>().ToArray())], made);
    }
}
