// Folder Checks: measures kernels against plain operators: how far off, how fast.
// Refuses to know: consoles, what a model does with a kernel.
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Kernels.CrossEntropy;
using MultiTurnTrainer.Models.Kernels.Dequantise;
using MultiTurnTrainer.Models.Kernels.Lora;
using MultiTurnTrainer.Models.Kernels.Norm;
using MultiTurnTrainer.Models.Kernels.Rotary;
using MultiTurnTrainer.Models.Kernels.SwiGlu;

namespace MultiTurnTrainer.Models.Checks;

/// <summary>One kernel's backend against plain operators in double precision.</summary>
/// <param name="Kernel">Which kernel.</param>
/// <param name="Type">The element type of its input.</param>
/// <param name="Shape">In words.</param>
/// <param name="Error">The largest error of any result, over the largest value of that result's row.</param>
/// <param name="Tolerance">What is allowed.</param>
public sealed record KernelCheckResult(string Kernel, string Type, string Shape, double Error, double Tolerance)
{
    /// <summary>Whether the error is within the tolerance.</summary>
    public bool Passed => Error <= Tolerance;
}

/// <summary>Checks the backends that serve a device, on that device, where the tests cannot: on the user's GPU.</summary>
public static class KernelCheck
{
    /// <summary>Every kernel, type and shape.</summary>
    public static IEnumerable<KernelCheckResult> Run(Device device)
    {
        manual_seed(20);
        foreach (ScalarType type in (ScalarType[])[float32, bfloat16])
        {
            foreach (KernelCheckResult result in Elementwise(device, type))
            {
                yield return result;
            }
        }

        foreach (int? window in (int?[])[null, 20])
        {
            if (VarlenAttention.Takes(device.type, bfloat16, 64))
            {
                yield return Attention(device, window);
            }
        }

        yield return Products(device, float32);
        yield return Products(device, bfloat16);
        foreach (int vocabulary in (int[])[521, 32003, 128256])
        {
            foreach (
                CrossEntropyOptions options in (CrossEntropyOptions[])
                    [new(Metrics: true), new(30, 0.1f, 1e-3f, true, true)]
            )
            {
                yield return CrossEntropy(device, vocabulary, float32, float32, options);
                yield return CrossEntropy(device, vocabulary, float32, bfloat16, options);
                yield return CrossEntropy(device, vocabulary, bfloat16, bfloat16, options);
            }
        }

        yield return Dequantise(device, float32);
        yield return Dequantise(device, bfloat16);
    }

    private static IEnumerable<KernelCheckResult> Elementwise(Device device, ScalarType type)
    {
        foreach ((int rows, int width) in ((int, int)[])[(37, 96), (300, 128), (65, 4096)])
        {
            foreach (bool addsOne in (bool[])[false, true])
            {
                yield return Compare(
                    addsOne ? "rms norm, 1 + w" : "rms norm",
                    device,
                    type,
                    [
                        [rows, width],
                        [width],
                    ],
                    tensors => RmsNormKernel.Apply(tensors[0], tensors[1].detach(), 1e-6, addsOne),
                    tensors => RmsNormKernel.Composed(tensors[0], tensors[1].detach(), 1e-6, addsOne)
                );
            }

            yield return Compare(
                "swiglu",
                device,
                type,
                [
                    [rows, width + 3],
                    [rows, width + 3],
                ],
                tensors => SwiGluKernel.Apply(tensors[0], tensors[1]),
                tensors => SwiGluKernel.Composed(tensors[0], tensors[1])
            );
            foreach (int turned in (int[])[width, width / 2])
            {
                yield return Compare(
                    turned < width ? "rotary, part of a head" : "rotary",
                    device,
                    type,
                    [
                        [rows, 3, width],
                        [rows, 1, turned / 2],
                        [rows, 1, turned / 2],
                    ],
                    tensors => RotaryKernel.Apply(tensors[0], tensors[1].detach(), tensors[2].detach()),
                    tensors => RotaryKernel.Composed(tensors[0], tensors[1].detach(), tensors[2].detach())
                );
            }
        }
    }

    // Not a kernel of ours, but one that is asked for by name: its arguments must mean what they meant.
    private static KernelCheckResult Attention(Device device, int? window)
    {
        SequenceLayout layout = new([37, 5, 130]);
        const double scale = 0.125;
        AttentionSpec spec = new(0, scale, window, null);
        using Tensor starts = tensor([.. layout.Starts], dtype: int32, device: device);
        return Compare(
            window is null ? "flash attention" : $"flash attention, window {window}",
            device,
            bfloat16,
            [
                [layout.Tokens, 8, 64],
                [layout.Tokens, 2, 64],
                [layout.Tokens, 2, 64],
            ],
            tensors =>
                VarlenAttention
                    .Forward(tensors[0], tensors[1], tensors[2], starts, layout.MaxLength, scale, window)
                    .flatten(1), // [s, h, d] → [s, h·d]
            tensors => PackedAttention.Forward(spec, layout, tensors[0], tensors[1], tensors[2])
        );
    }

    // Nothing is added up: every bit must be right.
    private static KernelCheckResult Dequantise(Device device, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        BlockGrid grid = new(300, 136, 128, 128);
        using QuantisedMatrix matrix = new(
            randint(0, 256, [grid.Count / 2], int64, device).to(ScalarType.Byte),
            randn([256, 2], float32, device),
            new BlockScales(randn([grid.BlocksDown * grid.BlocksAcross], float32, device)),
            grid,
            grid.Rows,
            grid.Columns
        );
        Tensor exact = DequantiseKernel.Composed(matrix, type).to(float64);
        double error = RowError(exact, matrix.Dequantise(type));
        return new("dequantise", $"{type}", $"{grid.Rows} x {grid.Columns}", error, 0);
    }

    // Two adapted modules of one input: every product that training asks for.
    private static KernelCheckResult Products(Device device, ScalarType type)
    {
        const float scale = 2;
        LoraModule[] modules = new LoraModule[2];
        using DisposeScope scope = NewDisposeScope();
        for (int i = 0; i < modules.Length; i++)
        {
            Tensor weight = (randn(96 + (32 * i), 64, device: device) * 0.1).to(type);
            Tensor down = (randn(16, 64, device: device) * 0.1).to(type).to(float32).requires_grad_();
            Tensor up = (randn(weight.size(0), 16, device: device) * 0.1).to(type).to(float32).requires_grad_();
            modules[i] = new LoraModule(weight, null, down, up, scale);
        }

        return Compare(
            "adapted linear modules",
            device,
            type,
            [
                [70, 64],
            ],
            tensors => cat(LoraProducts.Run(tensors[0], modules), 1), // [s, 96] and [s, 128] → [s, 224]
            tensors =>
                cat(
                    [
                        .. modules.Select(module =>
                        {
                            Tensor change = module.B!.detach().to(float64).mm(module.A!.detach().to(float64)) * scale;
                            return tensors[0].mm((module.Weight!.to(float64) + change).t());
                        }),
                    ],
                    1 // [s, 96] and [s, 128] → [s, 224]
                )
        );
    }

    // Result and gradients against the same in double precision.
    internal static KernelCheckResult Compare(
        string name,
        Device device,
        ScalarType type,
        long[][] shapes,
        Func<Tensor[], Tensor> kernel,
        Func<Tensor[], Tensor> reference
    )
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] given = [.. shapes.Select(shape => randn(shape, float32, device).to(type).requires_grad_())];
        Tensor[] exact = [.. given.Select(tensor => tensor.detach().to(float64).requires_grad_())];
        Tensor result = kernel(given);
        Tensor truth = reference(exact);
        Tensor weights = randn(result.shape, float32, device).to(type);
        result.backward([weights]);
        truth.backward([weights.to(float64)]);
        double error = RowError(truth.detach(), result.detach());
        for (int i = 0; i < given.Length; i++)
        {
            if (exact[i].grad is { } gradient)
            {
                error = Math.Max(error, RowError(gradient, given[i].grad!));
            }
        }

        string shape = string.Join(" x ", shapes[0]);
        return new(name, $"{type}", shape, error, type == bfloat16 ? 1e-2 : 1e-5);
    }

    private static KernelCheckResult CrossEntropy(
        Device device,
        int vocabulary,
        ScalarType type,
        ScalarType gradientType,
        CrossEntropyOptions options
    )
    {
        using DisposeScope scope = NewDisposeScope();
        const int rows = 37;
        Tensor logits = (randn(rows, vocabulary, device: device) * 5).to(type);
        Tensor labels = randint(0, vocabulary, [rows], int32, device);
        Tensor coefficients = rand([rows], float32, device) + 0.1;
        Tensor exact = logits.to(float64);
        Tensor exactStatistics = zeros(rows, 4, float64, device);
        new ComposedRows().Run(exact, labels, coefficients.to(float64), exactStatistics, options, float64);
        Tensor statistics = zeros(rows, 4, float32, device);
        Tensor gradient = MaskedCrossEntropy
            .RowKernel(logits)
            .Run(logits, labels, coefficients, statistics, options, gradientType);
        double error = Math.Max(
            RowError(exact, gradient),
            // Statistics are near 10: the same relative measure.
            gradientType == float32
                ? RowError(exactStatistics, statistics)
                : 0
        );
        string name = options.SoftCap > 0 ? "cross-entropy, cap, smoothing, z-loss" : "cross-entropy";
        double tolerance = gradientType == float32 ? 1e-5 : 4e-3;
        return new(
            name,
            type == gradientType ? $"{type}" : $"{type} to {gradientType}",
            $"{rows} x {vocabulary}",
            error,
            tolerance
        );
    }

    private static double RowError(Tensor exact, Tensor given)
    {
        Tensor error = (exact - given.to(float64)).abs().amax([-1]);
        return (error / exact.abs().amax([-1]).clamp(min: 1e-30)).max().item<double>();
    }
}
