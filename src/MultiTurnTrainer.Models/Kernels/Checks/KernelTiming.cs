using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Kernels.Attention;
using MultiTurnTrainer.Models.Kernels.CrossEntropy;
using MultiTurnTrainer.Models.Kernels.Lora;
using MultiTurnTrainer.Models.Kernels.Norm;
using MultiTurnTrainer.Models.Kernels.Rotary;
using MultiTurnTrainer.Models.Kernels.SwiGlu;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Kernels.Checks;

/// <summary>What a kernel takes, forward and backward, beside the same in plain operators.</summary>
/// <param name="Kernel">Which kernel.</param>
/// <param name="Type">The element type of its input.</param>
/// <param name="Shape">In words.</param>
/// <param name="ComposedMilliseconds">Plain operators, median.</param>
/// <param name="Milliseconds">The kernel's face for the device, median.</param>
public sealed record KernelTimingResult(
    string Kernel,
    string Type,
    string Shape,
    double ComposedMilliseconds,
    double Milliseconds
)
{
    /// <summary>How many times faster the kernel is.</summary>
    public double Gain => ComposedMilliseconds / Milliseconds;
}

/// <summary>Times the faces that serve a device, at the sizes of a small model's training step.</summary>
public static class KernelTiming
{
    private const int Tokens = 2048;
    private const int Width = 2048;
    private const int Wide = 5632;
    private const int Heads = 16;
    private const int HeadWidth = 64;
    private const int Sequences = 4;
    private const int Rank = 16;
    private const int Rows = 512;
    private const int Vocabulary = 32000;
    private const int Repeats = 15;

    /// <summary>Every kernel in both types.</summary>
    public static IEnumerable<KernelTimingResult> Run(Device device)
    {
        foreach (ScalarType type in (ScalarType[])[float32, bfloat16])
        {
            yield return Compare(
                "rms norm",
                device,
                type,
                [
                    [Tokens, Width],
                    [Width],
                ],
                tensors => RmsNormKernel.Apply(tensors[0], tensors[1].detach(), 1e-6, addsOne: false),
                tensors => RmsNormKernel.Composed(tensors[0], tensors[1].detach(), 1e-6, addsOne: false)
            );
            yield return Compare(
                "rotary",
                device,
                type,
                [
                    [Tokens, Heads, HeadWidth],
                    [Tokens, 1, HeadWidth / 2],
                    [Tokens, 1, HeadWidth / 2],
                ],
                tensors => RotaryKernel.Apply(tensors[0], tensors[1].detach(), tensors[2].detach()),
                tensors => RotaryKernel.Composed(tensors[0], tensors[1].detach(), tensors[2].detach())
            );
            yield return Compare(
                "swiglu",
                device,
                type,
                [
                    [Tokens, Wide],
                    [Tokens, Wide],
                ],
                tensors => SwiGluKernel.Apply(tensors[0], tensors[1]),
                tensors => SwiGluKernel.Composed(tensors[0], tensors[1])
            );
            if (device.type == DeviceType.CPU && CpuAttention.Serves)
            {
                yield return Attention(device, type);
            }

            yield return LowRank(device, type);
            yield return CrossEntropy(device, type);
        }
    }

    private static KernelTimingResult Attention(Device device, ScalarType type)
    {
        SequenceLayout layout = new(Enumerable.Repeat(Tokens / Sequences, Sequences));
        double scale = 1 / Math.Sqrt(HeadWidth);
        AttentionSpec spec = new(0, scale, null, null);
        long[] shape = [Tokens, Heads, HeadWidth];
        return Compare(
            $"attention, {Sequences} sequences",
            device,
            type,
            [shape, shape, shape],
            tensors => CpuAttention.Run(tensors[0], tensors[1], tensors[2], [.. layout.Starts], scale, null, 0),
            tensors => PackedAttention.Forward(spec, layout, tensors[0], tensors[1], tensors[2])
        );
    }

    // Query, key and value of one input.
    private static KernelTimingResult LowRank(Device device, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        const int modules = 3;
        Tensor[] weights =
        [
            .. Enumerable.Range(0, modules).Select(_ => (randn([Width, Width], device: device) * 0.02).to(type)),
        ];
        Tensor[] low =
        [
            .. Enumerable
                .Range(0, 2 * modules)
                .Select(i => randn(i % 2 == 0 ? [Rank, Width] : [Width, Rank], device: device).requires_grad_()),
        ];
        return Compare(
            "fused lora, q k v",
            device,
            type,
            [
                [Tokens, Width],
            ],
            tensors =>
                Sum(
                    LoraProducts.Run(
                        tensors[0],
                        [
                            .. weights.Select(
                                (weight, i) => new LoraModule(weight, null, low[2 * i], low[(2 * i) + 1], 2)
                            ),
                        ]
                    )
                ),
            tensors =>
                Sum([
                    .. weights.Select(
                        (weight, i) =>
                        {
                            Tensor part = tensors[0].mm(low[2 * i].to(type).t()).mm(low[(2 * i) + 1].to(type).t());
                            return tensors[0].mm(weight.t()) + (part * 2);
                        }
                    ),
                ])
        );
    }

    private static Tensor Sum(IReadOnlyList<Tensor> parts) => parts[0] + parts[1] + parts[2];

    private static KernelTimingResult CrossEntropy(Device device, ScalarType type)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = randn([Rows, Vocabulary], device: device);
        Tensor labels = randint(0, Vocabulary, [Rows], int32, device);
        Tensor coefficients = rand([Rows], float32, device);
        Tensor statistics = zeros(Rows, 4, float32, device);
        double Time(IRowKernel kernel) =>
            Timing.Median(
                device,
                Repeats,
                () =>
                {
                    using DisposeScope inner = NewDisposeScope();
                    kernel.Run(logits, labels, coefficients, statistics, new RowOptions(), type);
                }
            );
        return new(
            "cross-entropy rows",
            $"{type}",
            $"{Rows} x {Vocabulary}",
            Time(new ComposedRows()),
            Time(MaskedCrossEntropy.RowKernel(logits))
        );
    }

    private static KernelTimingResult Compare(
        string name,
        Device device,
        ScalarType type,
        long[][] shapes,
        Func<Tensor[], Tensor> kernel,
        Func<Tensor[], Tensor> composed
    )
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(21);
        Tensor[] given = [.. shapes.Select(shape => randn(shape, float32, device).to(type).requires_grad_())];
        Tensor weights;
        using (no_grad())
        {
            Tensor result = composed(given);
            weights = randn(result.shape, float32, device).to(type);
        }

        double Time(Func<Tensor[], Tensor> work) =>
            Timing.Median(
                device,
                Repeats,
                () =>
                {
                    using DisposeScope inner = NewDisposeScope();
                    work(given).backward([weights]);
                }
            );
        return new(name, $"{type}", string.Join(" x ", shapes[0]), Time(composed), Time(kernel));
    }
}
