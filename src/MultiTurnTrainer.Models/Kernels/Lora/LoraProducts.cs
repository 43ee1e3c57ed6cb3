using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Kernels.Lora;

/// <summary>A frozen linear module and the low-rank change over it.</summary>
/// <param name="Weight">[out, in], frozen, of the activations' type.</param>
/// <param name="Bias">[out], frozen, or null.</param>
/// <param name="A">[r, in].</param>
/// <param name="B">[out, r].</param>
/// <param name="Scale">s of y = W x + b + s B (A x).</param>
internal sealed record LoraModule(Tensor Weight, Tensor? Bias, Tensor A, Tensor B, float Scale);

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
            arguments[3 + (PerModule * i)] = modules[i].A;
            arguments[4 + (PerModule * i)] = modules[i].B;
        }

        return apply(arguments);
    }

    /// <inheritdoc/>
    public override List<Tensor> forward(autograd.AutogradContext ctx, params object[] vars)
    {
        Tensor input = (Tensor)vars[0];
        IReadOnlyList<LoraModule> modules = (IReadOnlyList<LoraModule>)vars[1];
        ScalarType type = input.dtype;
        Tensor x = input.reshape(-1, input.size(-1));
        Tensor stacked = Stack(modules, type);
        Tensor low = x.mm(stacked.t());
        List<Tensor> results = [];
        long start = 0;
        foreach (LoraModule module in modules)
        {
            long rank = module.A.size(0);
            Tensor part = low.narrow(1, start, rank);
            start += rank;
            Tensor straight = module.Weight.t();
            Tensor y = module.Bias is null ? x.mm(straight) : module.Bias.addmm(x, straight);
            y.addmm_(part, module.B.to(type).t(), 1, module.Scale);
            results.Add(y.view([.. input.shape[..^1], y.size(1)]));
        }

        List<Tensor> saved = [input, stacked, low];
        foreach (LoraModule module in modules)
        {
            saved.Add(module.Weight);
            saved.Add(module.B);
        }

        ctx.save_for_backward(saved);
        ctx.save_data("ranks", modules.Select(module => (module.A.size(0), module.Scale, module.A.dtype)).ToArray());
        return results;
    }

    /// <inheritdoc/>
    public override List<Tensor> backward(autograd.AutogradContext ctx, List<Tensor> grad_outputs)
    {
        List<Tensor> saved = ctx.get_saved_variables();
        (Tensor input, Tensor stacked, Tensor low) = (saved[0], saved[1], saved[2]);
        var ranks = ((long Rank, float Scale, ScalarType Type)[])ctx.get_data("ranks")!;
        Tensor x = input.reshape(-1, input.size(-1));
        Tensor lowGradient = zeros_like(low);
        Tensor? dx = null;
        Tensor?[] results = new Tensor?[2 + (PerModule * ranks.Length)];
        long start = 0;
        for (int i = 0; i < ranks.Length; start += ranks[i++].Rank)
        {
            if (grad_outputs[i] is not { } gradient)
            {
                continue;
            }

            Tensor weight = saved[3 + (2 * i)];
            Tensor b = saved[4 + (2 * i)];
            Tensor dy = gradient.reshape(-1, gradient.size(-1));
            // s goes into the rank-sized factor, which is the smallest.
            Tensor part = dy.mm(b.to(input.dtype)).mul_(ranks[i].Scale);
            lowGradient.narrow(1, start, ranks[i].Rank).copy_(part);
            Tensor db = dy.t().mm(low.narrow(1, start, ranks[i].Rank));
            results[4 + (PerModule * i)] = db.to(b.dtype).mul_(ranks[i].Scale);
            if (input.requires_grad)
            {
                dx = dx is null ? dy.mm(weight) : dx.addmm_(dy, weight);
            }
        }

        Tensor da = lowGradient.t().mm(x);
        start = 0;
        for (int i = 0; i < ranks.Length; start += ranks[i++].Rank)
        {
            results[3 + (PerModule * i)] = da.narrow(0, start, ranks[i].Rank).to(ranks[i].Type);
        }

        if (input.requires_grad)
        {
            dx ??= zeros_like(x);
            results[0] = dx.addmm_(lowGradient, stacked).view(input.shape);
        }

        return [.. results.Select(result => result!)];
    }

    private static Tensor Stack(IReadOnlyList<LoraModule> modules, ScalarType type) =>
        modules.Count == 1 ? modules[0].A.to(type) : cat([.. modules.Select(module => module.A.to(type))], 0);
}
