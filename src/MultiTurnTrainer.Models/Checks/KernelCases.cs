using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Kernels.Attention;
using MultiTurnTrainer.Models.Kernels.CrossEntropy;
using MultiTurnTrainer.Models.Kernels.Lora;
using MultiTurnTrainer.Models.Kernels.Norm;
using MultiTurnTrainer.Models.Kernels.Rotary;
using MultiTurnTrainer.Models.Kernels.SwiGlu;

namespace MultiTurnTrainer.Models.Checks;

/// <summary>A kernel's backend for a device and the same in plain operators.</summary>
/// <param name="Kernel">Which kernel.</param>
/// <param name="Type">The element type of its input.</param>
/// <param name="Shape">In words.</param>
/// <param name="Inputs">Makes the same inputs every time.</param>
/// <param name="Composed">Forward and backward in plain operators: result and gradients, in the caller's scope.</param>
/// <param name="Fast">The same by the kernel.</param>
internal sealed record KernelCase(
    string Kernel,
    ScalarType Type,
    string Shape,
    Func<Tensor[]> Inputs,
    Func<Tensor[], Tensor[]> Composed,
    Func<Tensor[], Tensor[]> Fast
);

/// <summary>The sizes that kernels are timed at: those of a small model's training step.</summary>
internal sealed record KernelSizes(
    int Tokens = 2048,
    int Width = 2048,
    int Wide = 5632,
    int Heads = 16,
    int HeadWidth = 64,
    int Sequences = 4,
    int Rank = 16,
    int Rows = 512,
    int Vocabulary = 32000
);

/// <summary>Every kernel beside plain operators, at some sizes.</summary>
/// <param name="device">Where.</param>
/// <param name="type">fp32 or bf16.</param>
/// <param name="sizes">How large.</param>
internal sealed class KernelCases(Device device, ScalarType type, KernelSizes sizes)
{
    private const int Seed = 21;
    private const int Modules = 3;

    /// <summary>All that the device has.</summary>
    public IEnumerable<KernelCase> All() =>
        device.type == DeviceType.CPU && CpuAttention.Serves
            ? [RmsNorm(), Rotary(), SwiGlu(), Attention(), LowRank(), CrossEntropy()]
            : [RmsNorm(), Rotary(), SwiGlu(), LowRank(), CrossEntropy()];

    private KernelCase RmsNorm() =>
        Graph(
            "rms norm",
            [
                [sizes.Tokens, sizes.Width],
                [sizes.Width],
            ],
            t => RmsNormKernel.Composed(t[0], t[1].detach(), 1e-6, addsOne: false),
            t => RmsNormKernel.Apply(t[0], t[1].detach(), 1e-6, addsOne: false)
        );

    private KernelCase Rotary() =>
        Graph(
            "rotary",
            [
                [sizes.Tokens, sizes.Heads, sizes.HeadWidth],
                [sizes.Tokens, 1, sizes.HeadWidth / 2],
                [sizes.Tokens, 1, sizes.HeadWidth / 2],
            ],
            t => RotaryKernel.Composed(t[0], t[1].detach(), t[2].detach()),
            t => RotaryKernel.Apply(t[0], t[1].detach(), t[2].detach())
        );

    private KernelCase SwiGlu() =>
        Graph(
            "swiglu",
            [
                [sizes.Tokens, sizes.Wide],
                [sizes.Tokens, sizes.Wide],
            ],
            t => SwiGluKernel.Composed(t[0], t[1]),
            t => SwiGluKernel.Apply(t[0], t[1])
        );

    private KernelCase Attention()
    {
        SequenceLayout layout = new(Enumerable.Repeat(sizes.Tokens / sizes.Sequences, sizes.Sequences));
        double scale = 1 / Math.Sqrt(sizes.HeadWidth);
        AttentionSpec spec = new(0, scale, null, null);
        long[] shape = [sizes.Tokens, sizes.Heads, sizes.HeadWidth];
        return Graph(
            $"attention, {sizes.Sequences} sequences",
            [shape, shape, shape],
            t => PackedAttention.Forward(spec, layout, t[0], t[1], t[2]),
            t => CpuAttention.Run(t[0], t[1], t[2], [.. layout.Starts], scale, null, 0)
        );
    }

    // Query, key and value of one input: frozen weights, then A and B of each.
    private KernelCase LowRank()
    {
        long[] weight = [sizes.Width, sizes.Width];
        IEnumerable<long[]> low = Enumerable
            .Range(0, Modules)
            .SelectMany(_ =>
                (long[][])
                    [
                        [sizes.Rank, sizes.Width],
                        [sizes.Width, sizes.Rank],
                    ]
            );
        return Graph(
            "fused lora, q k v",
            [
                [sizes.Tokens, sizes.Width],
                .. Enumerable.Repeat(weight, Modules),
                .. low,
            ],
            t =>
                Sum(i => t[0].mm(t[1 + i].detach().t()) + (t[0].mm(A(t, i).to(type).t()).mm(B(t, i).to(type).t()) * 2)),
            t =>
            {
                List<Tensor> parts = LoraProducts.Run(
                    t[0],
                    [
                        .. Enumerable
                            .Range(0, Modules)
                            .Select(i => new LoraModule(t[1 + i].detach(), null, A(t, i), B(t, i), 2)),
                    ]
                );
                return Sum(i => parts[i]);
            },
            // An adapter's matrices are fp32 whatever the model's type.
            place => place > Modules ? float32 : type
        );

        static Tensor Sum(Func<int, Tensor> part) => part(0) + part(1) + part(2);
        static Tensor A(Tensor[] t, int i) => t[1 + Modules + (2 * i)];
        static Tensor B(Tensor[] t, int i) => t[2 + Modules + (2 * i)];
    }

    private KernelCase CrossEntropy()
    {
        return new(
            "cross-entropy rows",
            type,
            $"{sizes.Rows} x {sizes.Vocabulary}",
            () =>
            {
                manual_seed(Seed);
                return
                [
                    randn([sizes.Rows, sizes.Vocabulary], device: device),
                    randint(0, sizes.Vocabulary, [sizes.Rows], int32, device),
                    rand([sizes.Rows], float32, device),
                    zeros(sizes.Rows, 4, float32, device),
                ];
            },
            t => Run(new ComposedRows(), t),
            t => Run(MaskedCrossEntropy.RowKernel(t[0]), t)
        );

        Tensor[] Run(IRowKernel kernel, Tensor[] t) =>
            [kernel.Run(t[0], t[1], t[2], t[3], new CrossEntropyOptions(), type), t[3]];
    }

    private KernelCase Graph(
        string name,
        long[][] shapes,
        Func<Tensor[], Tensor> composed,
        Func<Tensor[], Tensor> fast,
        Func<int, ScalarType>? types = null
    )
    {
        return new(name, type, string.Join(" x ", shapes[0]), Inputs, t => Run(composed, t), t => Run(fast, t));

        Tensor[] Inputs()
        {
            manual_seed(Seed);
            return
            [
                .. shapes.Select(
                    (shape, i) =>
                        (randn(shape, float32, device) * Spread(i)).to(types?.Invoke(i) ?? type).requires_grad_()
                ),
            ];
        }

        // What multiplies a long row is small, so that sums stay near one.
        double Spread(int place) => types is null || place == 0 ? 1 : 1 / Math.Sqrt(shapes[place][1]);

        static Tensor[] Run(Func<Tensor[], Tensor> work, Tensor[] inputs)
        {
            Tensor result = work(inputs);
            foreach (Tensor input in inputs)
            {
                input.grad = null;
            }

            using Tensor even = result.detach();
            result.backward([even]);
            return [result, .. inputs.Select(input => input.grad).OfType<Tensor>()];
        }
    }
}
