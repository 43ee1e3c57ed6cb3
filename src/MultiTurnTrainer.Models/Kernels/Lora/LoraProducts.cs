// Folder Lora: linear modules of one input with their low-rank changes, as one node of the graph.
// Refuses to know: names, files and ranks of adapters.
// Shapes: n rows of the flattened input, i its width, o width of a module's output, r rank, R ranks of a group together.
using MultiTurnTrainer.Models.Kernels.Dequantise;
using MultiTurnTrainer.Models.Kernels.Dropout;

namespace MultiTurnTrainer.Models.Kernels.Lora;

/// <summary>
/// Several linear modules of one input (q, k and v; gate and up) as one node: the A's stacked into one product, every sum
/// in place, and in the backward one gradient of the input that all modules add to. Saves the input and the low-rank states; what
/// dropout left of the input is made again, and so are the numbers of a quantised weight. Plain products, so one backend serves every
/// device.
/// </summary>
internal sealed class LoraProducts : autograd.MultiTensorFunction<LoraProducts>
{
    // The arguments: the input, the modules, and of each module its four tensors.
    private const int First = 2;
    private const int PerModule = 4;

    public override string Name => "lora_products";

    /// <summary>The modules' outputs, […, out] each.</summary>
    /// <param name="input">[…, in].</param>
    /// <param name="modules">Modules of the same input.</param>
    public static List<Tensor> Run(Tensor input, IReadOnlyList<LoraModule> modules) =>
        apply([
            input,
            modules,
            .. modules.SelectMany(module => (object[])[module.Weight!, module.Bias!, module.A!, module.B!]),
        ]);

    /// <summary>x Wᵀ + b.</summary>
    /// <param name="input">[…, in].</param>
    /// <param name="weight">[out, in], of the input's type, or fp32 and trained.</param>
    /// <param name="bias">[out], or null.</param>
    public static Tensor Linear(Tensor input, Tensor weight, Tensor? bias = null) =>
        Run(input, [new LoraModule(weight, bias)])[0];

    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor input = (Tensor)vars[0];
        IReadOnlyList<LoraModule> modules = (IReadOnlyList<LoraModule>)vars[1];
        Layer[] layers = [.. modules.Select(Layer.Of)];
        Tensor x = Flatten(input);
        Tensor?[] weights = [.. modules.Select(module => module.Weight?.to(input.dtype))];
        Tensor?[] second = [.. modules.Select(module => module.B?.to(input.dtype))];
        Tensor[] results = [.. modules.Select((module, i) => MultiplyBase(x, weights[i], module))];
        List<Tensor> low = [];
        foreach (int[] group in FindGroups(layers))
        {
            Tensor first = Stack([.. group.Select(i => modules[i].A!.to(input.dtype))]); // of [r, i] -> [R, i]
            Tensor states = Multiply(layers[group[0]].Drop(x), first.t()); // [n, i] [i, R] -> [n, R]
            low.AddRange([first, states]);
            long start = 0;
            foreach (int i in group)
            {
                // oneDNN takes ten times as long for a factor of a few columns that has gaps between its rows.
                Tensor own = states.narrow(1, start, layers[i].Rank).contiguous(); // [n, R] -> [n, r]
                AddProduct(results[i], own, second[i]!.t(), layers[i].Scale); // [n, o] += [n, r] [r, o]
                start += layers[i].Rank;
            }
        }

        bool needsInput = layers.Any(layer => layer.Rank > 0 || layer.TrainsWeight);
        List<Tensor?> saved = [needsInput ? input : null, .. weights, .. second, .. low];
        ctx.save_for_backward(saved!);
        ctx.save_data("layers", layers);
        ctx.save_data("shape", input.shape);
        ctx.save_data("follows", input.requires_grad);
        return [.. results.Select(y => y.view([.. input.shape[..^1], y.size(1)]))]; // [n, o] -> […, o]
    }

    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        Layer[] layers = (Layer[])ctx.get_data("layers")!;
        long[] shape = (long[])ctx.get_data("shape")!;
        List<Tensor> saved = ctx.get_saved_variables();
        Tensor? x = saved[0] is null ? null : Flatten(saved[0]);
        List<Tensor?> weights = [.. saved.GetRange(1, layers.Length)];
        List<Tensor> second = saved.GetRange(1 + layers.Length, layers.Length);
        Tensor?[] gradients = [.. grad_outputs.Select(gradient => gradient is null ? null : Flatten(gradient))];
        Tensor?[] results = new Tensor?[First + (PerModule * layers.Length)];
        Tensor? dx = null;
        for (int i = 0; i < layers.Length; i++)
        {
            if (gradients[i] is not { } dy)
            {
                continue;
            }

            if ((bool)ctx.get_data("follows")!)
            {
                dx = AddInputGradient(dx, dy, weights[i], layers[i].Quantised);
            }

            int place = First + (PerModule * i);
            results[place] = layers[i].TrainsWeight ? ComputeGradient(dy.t(), x!, 1) : null; // [o, n] [n, i] -> [o, i]
            results[place + 1] = layers[i].TrainsBias ? Columns.Sum(dy) : null; // [n, o] -> [o]
        }

        int next = 1 + (2 * layers.Length);
        foreach (int[] group in FindGroups(layers))
        {
            BackwardLowRank(layers, group, x!, saved[next], saved[next + 1], second, gradients, dx, results);
            next += 2;
        }

        results[0] = dx?.view(shape); // [n, i] -> […, i]
        return [.. results.Select(result => result!)];
    }

    // The gradients of a group's A and B, and the change's part of the input's.
    private static void BackwardLowRank(
        Layer[] layers,
        int[] group,
        Tensor x,
        Tensor stacked,
        Tensor low,
        List<Tensor> second,
        Tensor?[] gradients,
        Tensor? dx,
        Tensor?[] results
    )
    {
        Tensor wide = zeros(low.shape, float32, low.device);
        long start = 0;
        foreach (int i in group)
        {
            if (gradients[i] is { } dy)
            {
                // s goes into the rank-sized factor, which is the smallest.
                Products.Add(wide.narrow(1, start, layers[i].Rank), dy, second[i], layers[i].Scale, 0); // [n, r] = [n, o] [o, r]
                results[First + (PerModule * i) + 3] = ComputeGradient(
                    dy.t(), // [o, n]
                    low.narrow(1, start, layers[i].Rank), // [n, r], the result [o, r]
                    layers[i].Scale
                );
            }

            start += layers[i].Rank;
        }

        Tensor lowGradient = wide.to(x.dtype);
        DropoutMask? dropped = layers[group[0]].Dropped;
        Tensor da = ComputeGradient(lowGradient.t(), layers[group[0]].Drop(x), 1); // [R, n] [n, i] -> [R, i]
        start = 0;
        foreach (int i in group)
        {
            results[First + (PerModule * i) + 2] = da.narrow(0, start, layers[i].Rank); // [R, i] -> [r, i]
            start += layers[i].Rank;
        }

        if (dx is not null)
        {
            _ = dropped is null
                ? AddProduct(dx, lowGradient, stacked, 1)
                : dx.add_(dropped.Apply(Multiply(lowGradient, stacked)));
        }
    }

    // Modules that see the same of the input share a product with their A's.
    private static IEnumerable<int[]> FindGroups(Layer[] layers)
    {
        int[] adapted = [.. Enumerable.Range(0, layers.Length).Where(i => layers[i].Rank > 0)];
        return adapted.Any(i => layers[i].Dropped is not null) ? adapted.Select(i => (int[])[i])
            : adapted.Length > 0 ? [adapted]
            : [];
    }

    private static Tensor MultiplyBase(Tensor x, Tensor? weight, LoraModule module)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor product = Multiply(x, (weight ?? module.Quantised!.Dequantise(x.dtype)).t()); // [n, i] [i, o] -> [n, o]
        return (module.Bias is null ? product : product.add_(module.Bias.to(x.dtype))).MoveToOuterDisposeScope();
    }

    // dx + dy W, [n, o] [o, i] -> [n, i].
    private static Tensor AddInputGradient(Tensor? dx, Tensor dy, Tensor? weight, QuantisedMatrix? quantised)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor w = weight ?? quantised!.Dequantise(dy.dtype);
        return dx is null ? Multiply(dy, w).MoveToOuterDisposeScope() : AddProduct(dx, dy, w, 1);
    }

    // Of the activations' type: fp32 ones keep to one pool of threads, bf16 ones are rounded once.
    internal static Tensor Multiply(Tensor left, Tensor right)
    {
        if (left.dtype == float32)
        {
            return Products.Wide(left, right);
        }

        using TorchThreads.Limit threads = LimitThreads(left, right);
        return left.mm(right);
    }

    internal static Tensor AddProduct(Tensor sum, Tensor left, Tensor right, float scale)
    {
        if (sum.dtype == float32)
        {
            Products.Add(sum, left, right, scale);
            return sum;
        }

        using TorchThreads.Limit threads = LimitThreads(left, right);
        return sum.addmm_(left, right, 1, scale);
    }

    private static TorchThreads.Limit LimitThreads(Tensor left, Tensor right) =>
        TorchThreads.Suit(2.0 * left.numel() * right.size(1));

    // The gradient of an fp32 parameter, never rounded below that.
    internal static Tensor ComputeGradient(Tensor left, Tensor right, float scale)
    {
        Tensor gradient = empty([left.size(0), right.size(1)], float32, left.device);
        Products.Add(gradient, left, right, scale, 0);
        return gradient;
    }

    private static Tensor Flatten(Tensor tensor) => tensor.reshape(-1, tensor.size(-1)); // […, i] -> [n, i]

    private static Tensor Stack(Tensor[] parts) => parts.Length == 1 ? parts[0] : cat(parts, 0); // of [r, i] -> [R, i]

    /// <summary>What the backward must know of a module beside its tensors.</summary>
    private sealed record Layer(
        long Rank,
        float Scale,
        DropoutMask? Dropped,
        QuantisedMatrix? Quantised,
        bool TrainsWeight,
        bool TrainsBias
    )
    {
        public static Layer Of(LoraModule module) =>
            new(
                module.Rank,
                module.Scale,
                module.Dropped,
                module.Quantised,
                module.Weight?.requires_grad ?? false,
                module.Bias?.requires_grad ?? false
            );

        /// <summary>What the low-rank change sees of the input.</summary>
        public Tensor Drop(Tensor x) => Dropped?.Apply(x) ?? x;
    }
}
