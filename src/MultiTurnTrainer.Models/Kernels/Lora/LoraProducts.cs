using MultiTurnTrainer.LibTorch.Providers;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Kernels.Lora;

/// <summary>A frozen linear module and the low-rank change over it, where it has one.</summary>
/// <param name="Weight">[out, in], frozen, of the activations' type.</param>
/// <param name="Bias">[out], frozen, or null.</param>
/// <param name="A">[r, in], or null.</param>
/// <param name="B">[out, r], or null.</param>
/// <param name="Scale">s of y = W x + b + s B (A x).</param>
internal sealed record LoraModule(Tensor Weight, Tensor? Bias, Tensor? A, Tensor? B, float Scale)
{
    /// <summary>r; 0 without a change.</summary>
    public long Rank => A?.size(0) ?? 0;
}

/// <summary>
/// Several adapted linear modules of one input (q, k and v; gate and up) as one node: the A's stacked into one product, every sum
/// in place, and in the backward one gradient of the input that all modules add to. Saves the input and the low-rank states.
/// Plain products, so one face serves every device.
/// </summary>
internal sealed class LoraProducts : autograd.MultiTensorFunction<LoraProducts>
{
    private const int PerModule = 3;

    /// <inheritdoc/>
    public override string Name => "lora_products";

    /// <summary>The modules' outputs, […, out] each.</summary>
    /// <param name="input">[…, in].</param>
    /// <param name="modules">Modules of the same input, without dropout and without DoRA's magnitude.</param>
    public static List<Tensor> Run(Tensor input, IReadOnlyList<LoraModule> modules)
    {
        object[] arguments = new object[2 + (PerModule * modules.Count)];
        arguments[0] = input;
        arguments[1] = modules;
        for (int i = 0; i < modules.Count; i++)
        {
            arguments[2 + (PerModule * i)] = modules[i].Weight;
            arguments[3 + (PerModule * i)] = modules[i].A!;
            arguments[4 + (PerModule * i)] = modules[i].B!;
        }

        return apply(arguments);
    }

    /// <inheritdoc/>
    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor input = (Tensor)vars[0];
        IReadOnlyList<LoraModule> modules = (IReadOnlyList<LoraModule>)vars[1];
        Tensor x = input.reshape(-1, input.size(-1));
        Tensor? stacked = Stack(modules, input.dtype);
        Tensor? low = stacked is null ? null : Product(x, stacked.t());
        List<Tensor> results = [];
        List<Tensor> saved = [.. modules.Select(module => module.Weight)];
        if (low is not null)
        {
            saved.AddRange([input, stacked!, low]);
        }

        long start = 0;
        foreach (LoraModule module in modules)
        {
            Tensor y = Straight(x, module);
            if (module.B is not null)
            {
                Tensor b = module.B.to(input.dtype);
                AddTo(y, low!.narrow(1, start, module.Rank), b.t(), module.Scale);
                start += module.Rank;
                saved.Add(b);
            }

            results.Add(y.view([.. input.shape[..^1], y.size(1)]));
        }

        ctx.save_for_backward(saved);
        ctx.save_data("ranks", modules.Select(module => (module.Rank, module.Scale)).ToArray());
        ctx.save_data("shape", input.shape);
        ctx.save_data("follows", input.requires_grad);
        return results;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        var ranks = ((long Rank, float Scale)[])ctx.get_data("ranks")!;
        long[] shape = (long[])ctx.get_data("shape")!;
        List<Tensor> saved = ctx.get_saved_variables();
        List<Tensor> weights = saved[..ranks.Length];
        Tensor?[] results = new Tensor?[2 + (PerModule * ranks.Length)];
        Tensor?[] gradients = [.. grad_outputs.Select(gradient => gradient?.reshape(-1, gradient.size(-1)))];
        Tensor? dx = null;
        if ((bool)ctx.get_data("follows")!)
        {
            for (int i = 0; i < ranks.Length; i++)
            {
                if (gradients[i] is { } dy)
                {
                    dx = dx is null ? Product(dy, weights[i]) : AddTo(dx, dy, weights[i], 1);
                }
            }
        }

        if (saved.Count > ranks.Length)
        {
            LowRank(saved[ranks.Length..], ranks, gradients, dx, results);
        }

        results[0] = dx?.view(shape);
        return [.. results.Select(result => result!)];
    }

    // The gradients of all A and B, and the change's part of the input's.
    private static void LowRank(
        List<Tensor> saved,
        (long Rank, float Scale)[] ranks,
        Tensor?[] gradients,
        Tensor? dx,
        Tensor?[] results
    )
    {
        (Tensor input, Tensor stacked, Tensor low) = (saved[0], saved[1], saved[2]);
        Tensor wide = zeros(low.shape, float32, low.device);
        long start = 0;
        int next = 3;
        for (int i = 0; i < ranks.Length; i++)
        {
            (long rank, float scale) = ranks[i];
            if (rank == 0)
            {
                continue;
            }

            Tensor b = saved[next++];
            if (gradients[i] is { } dy)
            {
                // s goes into the rank-sized factor, which is the smallest.
                Products.Add(wide.narrow(1, start, rank), dy, b, scale, 0);
                results[4 + (PerModule * i)] = Parameter(dy.t(), low.narrow(1, start, rank), scale);
            }

            start += rank;
        }

        Tensor lowGradient = wide.to(input.dtype);
        Tensor da = Parameter(lowGradient.t(), input.reshape(-1, input.size(-1)), 1);
        start = 0;
        for (int i = 0; i < ranks.Length; start += ranks[i++].Rank)
        {
            results[3 + (PerModule * i)] = ranks[i].Rank == 0 ? null : da.narrow(0, start, ranks[i].Rank);
        }

        if (dx is not null)
        {
            AddTo(dx, lowGradient, stacked, 1);
        }
    }

    private static Tensor Straight(Tensor x, LoraModule module)
    {
        Tensor product = Product(x, module.Weight.t());
        return module.Bias is null ? product : product.add_(module.Bias);
    }

    // Of the activations' type: fp32 ones keep to one pool of threads, bf16 ones are rounded once.
    private static Tensor Product(Tensor left, Tensor right) =>
        left.dtype == float32 ? Products.Wide(left, right) : left.mm(right);

    private static Tensor AddTo(Tensor sum, Tensor left, Tensor right, float scale)
    {
        if (sum.dtype == float32)
        {
            Products.Add(sum, left, right, scale);
            return sum;
        }

        return sum.addmm_(left, right, 1, scale);
    }

    // The gradient of an fp32 parameter, never rounded below that.
    private static Tensor Parameter(Tensor left, Tensor right, float scale)
    {
        Tensor gradient = empty([left.size(0), right.size(1)], float32, left.device);
        Products.Add(gradient, left, right, scale, 0);
        return gradient;
    }

    private static Tensor? Stack(IReadOnlyList<LoraModule> modules, ScalarType type)
    {
        Tensor[] all = [.. modules.Select(module => module.A).OfType<Tensor>().Select(a => a.to(type))];
        return all.Length switch
        {
            0 => null,
            1 => all[0],
            _ => cat(all, 0),
        };
    }
}
