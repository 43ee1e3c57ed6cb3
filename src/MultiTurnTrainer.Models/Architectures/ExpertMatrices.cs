// Shapes: x experts, i width of the input, o of the output, r rank of an expert, n tokens of an expert.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Lora;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>One matrix for each expert, with what an adapter lays over them.</summary>
internal sealed class ExpertMatrices(ModuleSpec module, Tensor weight, Func<ForwardContext, Tensor>? bias)
{
    /// <summary>Tokens of one expert, [n, i] to [n, o].</summary>
    public Tensor Forward(int expert, Tensor input, ForwardContext context)
    {
        Tensor own = Matrix((context.Adapter?.Weight(module.Slot) ?? weight).select(0, expert)); // [x, o, i] -> [o, i]
        LoraLayer? lora = context.Adapter?.Layer(module.Slot);
        (Tensor? a, Tensor? b) = lora is null ? (null, null) : Pair(lora, expert);
        LoraModule linear = new(own, bias?.Invoke(context).select(0, expert), a, b, (float)(lora?.Scale ?? 0));
        return LoraProducts.Run(input, [linear])[0];
    }

    /// <summary>The weights with the adapter's change in them, in single precision where there is one, in the caller's scope.</summary>
    /// <param name="module">The experts.</param>
    /// <param name="weight">As the base holds them.</param>
    /// <param name="adapter">Laid over them; null for nothing.</param>
    /// <param name="expert">The only expert to give; null for all.</param>
    public static Tensor EffectiveWeight(ModuleSpec module, Tensor weight, Adapter? adapter, int? expert = null)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor Pick(Tensor all) => expert is { } one ? all.narrow(0, one, 1) : all;
        Tensor w = Pick(adapter?.Weight(module.Slot) ?? weight);
        if (adapter?.Layer(module.Slot) is not { } lora)
        {
            return w.alias().MoveToOuterDisposeScope();
        }

        Tensor down = Pick(lora.A.view(module.Experts, -1, module.In)); // [x r, i] -> [x, r, i]
        Tensor up = Pick(lora.B.view(module.Out, -1, module.Experts).permute(2, 0, 1)); // [o, r x] -> [o, r, x] -> [x, o, r]
        Tensor change = up.matmul(down) * lora.Scale; // [x, o, r] [x, r, i] -> [x, o, i]
        change = module.IsTurned ? change.transpose(1, 2) : change; // [x, o, i] -> [x, i, o]
        return (w.to(float32) + change).MoveToOuterDisposeScope();
    }

    // PEFT's order: A's rows run over the experts first, B's columns over the ranks first.
    private (Tensor A, Tensor B) Pair(LoraLayer lora, int expert)
    {
        long rank = lora.A.size(0) / module.Experts;
        return (
            lora.A.narrow(0, expert * rank, rank), // [x r, i] -> [r, i]
            lora.B.view(module.Out, rank, module.Experts).select(2, expert).contiguous() // [o, r x] -> [o, r]
        );
    }

    private Tensor Matrix(Tensor own) => module.IsTurned ? own.t() : own; // [i, o] -> [o, i]
}
