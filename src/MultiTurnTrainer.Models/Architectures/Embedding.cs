// Shapes: s tokens, v vocabulary, e hidden width, r rank.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels;
using MultiTurnTrainer.Models.Kernels.Lora;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>The token embedding with what an adapter lays over it.</summary>
internal sealed class Embedding(ModuleSpec module, Tensor weight, double scale)
{
    /// <summary>Ids [tokens] to [tokens, hidden].</summary>
    public Tensor Forward(Tensor ids, ForwardContext context)
    {
        using DisposeScope scope = NewDisposeScope();
        ScalarType type = weight.dtype;
        // A trained table is wider than the model's type: its rows are rounded, their gradients add up in full.
        Tensor w = context.Adapter?.Weight(module.Slot) ?? weight;
        Tensor rows = w.index_select(0, ids); // [v, e] -> [s, e]
        rows = (context.Adapter?.Tokens(module.Slot)?.LayOver(rows, ids) ?? rows).to(type);
        if (context.Adapter?.Layer(module.Slot) is { } lora)
        {
            Tensor low = lora.A.t().index_select(0, ids); // [r, v] -> [v, r] -> [s, r]
            Tensor change = LoraProducts.Linear(low, lora.B) * lora.Scale; // [s, r] [e, r] -> [s, e]
            rows = lora.Magnitude is { } magnitude
                ? Columns.Scale(rows + change, magnitude / Dora.ColumnNorm(w, lora)).to(type)
                : rows + change.to(type);
        }

        if (scale != 1)
        {
            // HuggingFace rounds the factor to the model's type before it multiplies.
            using Tensor factor = tensor((float)scale).to(type).to(rows.device);
            rows = rows * factor;
        }

        return rows.MoveToOuterDisposeScope();
    }

    /// <summary>The table with the adapter's change in it, in single precision where there is one.</summary>
    public static Tensor EffectiveWeight(ModuleSpec module, Tensor weight, Adapter? adapter)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor w = adapter?.Weight(module.Slot) ?? weight;
        w = adapter?.Tokens(module.Slot)?.LayOver(w) ?? w;
        if (adapter?.Layer(module.Slot) is not { } lora)
        {
            return w.alias().MoveToOuterDisposeScope();
        }

        Tensor changed = w.to(ScalarType.Float32) + (LoraProducts.Linear(lora.A.t(), lora.B) * lora.Scale); // [v, r] [e, r] -> [v, e]
        if (lora.Magnitude is { } magnitude)
        {
            changed = Columns.Scale(changed, magnitude / Dora.ColumnNorm(w, lora));
        }

        return changed.MoveToOuterDisposeScope();
    }
}
