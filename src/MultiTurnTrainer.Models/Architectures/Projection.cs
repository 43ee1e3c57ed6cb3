// Shapes: s tokens, i width of the input, o of the output, r rank.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels;
using MultiTurnTrainer.Models.Kernels.Dequantise;
using MultiTurnTrainer.Models.Kernels.Lora;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>A linear module of the base with what an adapter lays over it.</summary>
internal sealed class Projection(ModuleSpec module, ModuleWeight weight, Tensor? bias)
{
    /// <summary>The width of the input.</summary>
    public int Inputs => module.In;

    /// <summary>[…, in] to […, out].</summary>
    public Tensor Forward(Tensor input, ForwardContext context)
    {
        using DisposeScope scope = NewDisposeScope();
        LoraModule linear = Describe(context);
        Tensor result = context.Adapter?.Layer(module.Slot)?.Magnitude is { } magnitude
            ? ForwardDora(input, linear, context.Adapter.Layer(module.Slot)!, magnitude)
            : LoraProducts.Run(input, [linear])[0];
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>Several modules of one input, as one product of theirs where none has a magnitude.</summary>
    public static Tensor[] ForwardAll(Projection[] projections, Tensor input, ForwardContext context)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] results = projections.Any(projection => projection.HasMagnitude(context))
            ? [.. projections.Select(projection => projection.Forward(input, context))]
            : [.. LoraProducts.Run(input, [.. projections.Select(projection => projection.Describe(context))])];
        Array.ForEach(results, result => result.MoveToOuterDisposeScope());
        return results;
    }

    /// <summary>The outputs of several modules of one input, or the slices of the one that fuses them.</summary>
    public static Tensor[] Split(Projection[] projections, Tensor input, ForwardContext context, params int[] widths)
    {
        if (projections.Length == widths.Length)
        {
            return ForwardAll(projections, input, context);
        }

        Tensor fused = projections[0].Forward(input, context);
        int start = 0;
        Tensor[] parts = new Tensor[widths.Length];
        for (int i = 0; i < widths.Length; start += widths[i++])
        {
            parts[i] = fused.narrow(-1, start, widths[i]).contiguous(); // [s, sum of widths] -> [s, width]
        }

        return parts;
    }

    /// <summary>
    /// The weight that one product with the input would need: base, replacement or base with its low-rank change, in
    /// single precision where there is one. Follows autograd to the adapter's parameters.
    /// </summary>
    public static Tensor EffectiveWeight(ModuleSpec module, ModuleWeight weight, Adapter? adapter)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor w = BaseWeight(module, weight, adapter);
        if (adapter?.Layer(module.Slot) is not { } lora)
        {
            return w.alias().MoveToOuterDisposeScope();
        }

        Tensor changed = w.to(ScalarType.Float32) + (LoraProducts.Linear(lora.B, lora.A.t()) * lora.Scale); // [o, r] [i, r] -> [o, i]
        if (lora.Magnitude is { } magnitude)
        {
            changed = Columns.Scale(changed.t(), magnitude / Dora.RowNorm(w, lora)).t(); // [o, i] -> [i, o] -> [o, i]
        }

        return changed.MoveToOuterDisposeScope();
    }

    /// <summary>The bias with the adapter's own in it; null where there is neither.</summary>
    public static Tensor? EffectiveBias(ModuleSpec module, Tensor? bias, Adapter? adapter)
    {
        Tensor? own = adapter?.Bias(module.Slot) ?? bias;
        return adapter?.Layer(module.Slot) is not { Bias: { } added } lora ? own
            : own is null ? added * lora.Scale
            : own + (added * lora.Scale);
    }

    private static Tensor BaseWeight(ModuleSpec module, ModuleWeight weight, Adapter? adapter)
    {
        Tensor w = adapter?.Weight(module.Slot) ?? weight.Get();
        return adapter?.Tokens(module.Slot)?.LayOver(w) ?? w;
    }

    private static Tensor ForwardDora(Tensor input, LoraModule linear, LoraLayer lora, Tensor magnitude)
    {
        Tensor factor = (magnitude / RowNorm(linear, lora, input.dtype)).to(input.dtype);
        Tensor result;
        if (linear.Dropped is null)
        {
            result = Columns.Scale(LoraProducts.Run(input, [linear with { Bias = null }])[0], factor);
        }
        else
        {
            // PEFT's form under dropout: the base's own share sees every input, the correction the dropped one.
            Tensor dropped = linear.Dropped.Record(input);
            Tensor change = LoraProducts.Linear(LoraProducts.Linear(dropped, lora.A), lora.B) * lora.Scale; // [s, i] -> [s, r] -> [s, o]
            LoraModule plain = new(linear.Weight, Quantised: linear.Quantised);
            result =
                LoraProducts.Run(input, [plain])[0]
                + Columns.Scale(LoraProducts.Run(dropped, [plain])[0], factor - 1)
                + Columns.Scale(change, factor);
        }

        return linear.Bias is null ? result : result + linear.Bias;
    }

    private static Tensor RowNorm(LoraModule linear, LoraLayer lora, ScalarType type)
    {
        using Tensor? numbers = linear.Quantised?.Dequantise(type);
        return Dora.RowNorm(numbers ?? linear.Weight!, lora);
    }

    private bool HasMagnitude(ForwardContext context) => context.Adapter?.Layer(module.Slot)?.Magnitude is not null;

    private LoraModule Describe(ForwardContext context)
    {
        Adapter? adapter = context.Adapter;
        LoraLayer? lora = adapter?.Layer(module.Slot);
        bool replaced = adapter?.Weight(module.Slot) is not null || adapter?.Tokens(module.Slot) is not null;
        QuantisedMatrix? codes = replaced ? null : weight.Codes;
        return new LoraModule(
            codes is null ? BaseWeight(module, weight, adapter) : null,
            EffectiveBias(module, bias, adapter),
            lora?.A,
            lora?.B,
            (float)(lora?.Scale ?? 0),
            lora is null ? null : context.Dropped(module.Slot),
            codes
        );
    }
}
