using MultiTurnTrainer.Models.Checks;
using MultiTurnTrainer.Models.Kernels;
using MultiTurnTrainer.Models.Kernels.Dropout;
using MultiTurnTrainer.Models.Kernels.Lora;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Kernels;

/// <summary>Runs alone: its inputs come from the process's one generator, from which other tests draw too.</summary>
[Collection(nameof(KernelTimingTests))]
public class LoraProductsTests
{
    [Theory]
    [InlineData("Float32", false)]
    [InlineData("Float32", true)]
    [InlineData("BFloat16", true)]
    public void Run_OfSeveralModules_EqualsTheDefinitionForwardAndBackward(string type, bool withBias)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(5);
        ScalarType element = Enum.Parse<ScalarType>(type);
        Tensor weight = randn(24, 16).to(element);
        Tensor other = randn(8, 16).to(element);
        Tensor bias = randn(24).to(element);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        KernelCheckResult result = KernelCheck.Compare(
            "lora",
            CPU,
            element,
            [
                [40, 16],
                [4, 16],
                [24, 4],
                [2, 16],
                [8, 2],
            ],
            t =>
                cat(
                    LoraProducts.Run(
                        t[0],
                        [
                            new LoraModule(weight, withBias ? bias : null, t[1], t[2], 2),
                            new LoraModule(other, null, t[3], t[4], 0.5f),
                        ]
                    ),
                    1
                ),
            t =>
            {
                ScalarType wide = t[0].dtype;
                Tensor first = t[0].mm(weight.to(wide).t()) + (t[0].mm(t[1].t()).mm(t[2].t()) * 2);
                Tensor second = t[0].mm(other.to(wide).t()) + (t[0].mm(t[3].t()).mm(t[4].t()) * 0.5);
                return cat([withBias ? first + bias.to(wide) : first, second], 1);
            }
        );
        Assert.True(result.Error < (element == float32 ? 1e-5 : 6e-2), result.ToString());
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Theory]
    [InlineData("Float32", true)]
    [InlineData("BFloat16", true)]
    [InlineData("Float32", false)]
    public void Run_WithDropoutAndATrainedModule_EqualsTheDefinitionForwardAndBackward(string type, bool drops)
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(5);
        ScalarType element = Enum.Parse<ScalarType>(type);
        Tensor frozen = randn(24, 16).to(element);
        DropoutMask[] masks = [new(1, 0.3), new(2, 0.3)];
        Tensor[] kept = [.. masks.Select(mask => drops ? mask.Apply(ones(40, 16)) : ones(40, 16))];
        KernelCheckResult result = KernelCheck.Compare(
            "lora",
            CPU,
            element,
            [
                [40, 16],
                [4, 16],
                [24, 4],
                [2, 16],
                [8, 2],
                [8, 16],
                [8],
            ],
            t =>
                cat(
                    LoraProducts.Run(
                        t[0],
                        [
                            new LoraModule(frozen, null, t[1], t[2], 2, drops ? masks[0] : null),
                            new LoraModule(t[5], t[6], t[3], t[4], 0.5f, drops ? masks[1] : null),
                        ]
                    ),
                    1
                ),
            t =>
            {
                ScalarType wide = t[0].dtype;
                Tensor low = (t[0] * kept[0].to(wide)).mm(t[1].t());
                Tensor second = (t[0] * kept[1].to(wide)).mm(t[3].t());
                return cat(
                    [
                        t[0].mm(frozen.to(wide).t()) + (low.mm(t[2].t()) * 2),
                        t[0].mm(t[5].t()) + t[6] + (second.mm(t[4].t()) * 0.5),
                    ],
                    1
                );
            }
        );
        Assert.True(result.Error < (element == float32 ? 1e-5 : 6e-2), result.ToString());
    }

    [Fact]
    public void Scale_OfColumns_EqualsTheProductForwardAndBackward()
    {
        KernelCheckResult result = KernelCheck.Compare(
            "columns",
            CPU,
            float32,
            [
                [3, 40, 17],
                [17],
            ],
            t => Columns.Scale(t[0], t[1]),
            t => t[0] * t[1]
        );
        Assert.True(result.Passed, result.ToString());
    }

    [Fact]
    public void Run_BesideAModuleWithoutAChange_EqualsTheDefinitionForwardAndBackward()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(5);
        Tensor weight = randn(24, 16);
        Tensor other = randn(8, 16);
        KernelCheckResult result = KernelCheck.Compare(
            "lora",
            CPU,
            float32,
            [
                [40, 16],
                [2, 16],
                [8, 2],
            ],
            t =>
                cat(
                    LoraProducts.Run(
                        t[0],
                        [new LoraModule(weight, null, null, null, 0), new LoraModule(other, null, t[1], t[2], 0.5f)]
                    ),
                    1
                ),
            t =>
                cat(
                    [
                        t[0].mm(weight.to(t[0].dtype).t()),
                        t[0].mm(other.to(t[0].dtype).t()) + (t[0].mm(t[1].t()).mm(t[2].t()) * 0.5),
                    ],
                    1
                )
        );
        Assert.True(result.Passed, result.ToString());
    }

    [Fact]
    public void Run_WithoutAnyChange_GivesTheInputItsGradient()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(5);
        Tensor weight = randn(8, 16);
        KernelCheckResult result = KernelCheck.Compare(
            "linear",
            CPU,
            float32,
            [
                [40, 16],
            ],
            t => LoraProducts.Run(t[0], [new LoraModule(weight, null, null, null, 0)])[0],
            t => t[0].mm(weight.to(t[0].dtype).t())
        );
        Assert.True(result.Passed, result.ToString());
    }
}
