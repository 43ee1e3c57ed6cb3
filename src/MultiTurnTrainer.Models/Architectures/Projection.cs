using MultiTurnTrainer.Models.Kernels.Lora;
using MultiTurnTrainer.Models.Lora;
using TorchSharp;
using static TorchSharp.torch;
using static TorchSharp.torch.nn;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>A linear module of the base with what an adapter lays over it.</summary>
internal sealed class Projection(ModuleSpec module, Tensor weight, Tensor? bias)
{
    /// <summary>[…, in] to […, out].</summary>
    public Tensor Forward(Tensor input, ForwardContext context)
    {
        using DisposeScope scope = NewDisposeScope();
        if (Plain(input, context) is { } single)
        {
            return LoraProducts.Run(input, [single])[0].MoveToOuterDisposeScope();
        }

        Adapter? adapter = context.Adapter;
        Tensor w = Weight(adapter, input.dtype);
        Tensor? b = adapter?.Bias(module.Slot)?.to(input.dtype) ?? bias;
        Tensor result = adapter?.Layer(module.Slot) is { } lora
            ? Adapted(input, context.Drop(input, module.Slot), w, b, lora)
            : functional.linear(input, w, b);
        return result.MoveToOuterDisposeScope();
    }

    /// <summary>Several modules of one input, as one product of theirs where all are plainly adapted.</summary>
    public static Tensor[] ForwardAll(Projection[] projections, Tensor input, ForwardContext context)
    {
        using DisposeScope scope = NewDisposeScope();
        LoraModule?[] plain = [.. projections.Select(projection => projection.Plain(input, context))];
        Tensor[] results = plain.Contains(null)
            ? [.. projections.Select(projection => projection.Forward(input, context))]
            : [.. LoraProducts.Run(input, plain!)];
        Array.ForEach(results, result => result.MoveToOuterDisposeScope());
        return results;
    }

    /// <summary>
    /// The weight that one product with the input would need: base, replacement or base with its low-rank change, in
    /// single precision where there is one. Follows autograd to the adapter's parameters.
    /// </summary>
    public static Tensor EffectiveWeight(ModuleSpec module, Tensor weight, Adapter? adapter)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor w = adapter?.Weight(module.Slot) ?? weight;
        if (adapter?.Layer(module.Slot) is not { } lora)
        {
            return w.alias().MoveToOuterDisposeScope();
        }

        Tensor changed = w.to(ScalarType.Float32) + (lora.B.matmul(lora.A) * lora.Scale);
        if (lora.Magnitude is { } magnitude)
        {
            changed = changed * (magnitude / Dora.RowNorm(w, lora)).unsqueeze(1);
        }

        return changed.MoveToOuterDisposeScope();
    }

    private static Tensor Adapted(Tensor input, Tensor dropped, Tensor w, Tensor? b, LoraLayer lora)
    {
        ScalarType type = input.dtype;
        if (lora.Magnitude is not { } magnitude)
        {
            Tensor projected = functional.linear(dropped, lora.A.to(type));
            // One pass over the output: the product's own accumulation adds and scales.
            return functional.linear(input, w, b).addmm_(projected, lora.B.to(type).t(), alpha: (float)lora.Scale);
        }

        Tensor factor = (magnitude / Dora.RowNorm(w, lora)).to(type);
        if (ReferenceEquals(input, dropped))
        {
            LoraModule undivided = new(w, null, lora.A, lora.B, (float)lora.Scale);
            Tensor scaled = LoraProducts.Run(input, [undivided])[0] * factor;
            return b is null ? scaled : scaled + b;
        }

        // PEFT's form under dropout: the base's own share sees every input, the correction the dropped one.
        Tensor low = functional.linear(dropped, lora.A.to(type));
        Tensor change = functional.linear(low, lora.B.to(type)) * lora.Scale;
        Tensor correction = functional.linear(dropped, w);
        Tensor sum = functional.linear(input, w) + (correction * (factor - 1)) + (change * factor);
        return b is null ? sum : sum + b;
    }

    /// <summary>The module as a frozen weight, under a low-rank change or nothing else; null where there is more.</summary>
    private LoraModule? Plain(Tensor input, ForwardContext context)
    {
        if (weight.dtype != input.dtype || (input.dtype != float32 && input.dtype != bfloat16))
        {
            return null;
        }

        if (context.Adapter is not { } adapter)
        {
            return new LoraModule(weight, bias, null, null, 0);
        }

        LoraLayer? lora = adapter.Layer(module.Slot);
        bool replaced = adapter.Weight(module.Slot) is not null || adapter.Bias(module.Slot) is not null;
        bool dropped = lora is not null && context.DropoutSeed is not null && adapter.Dropout != 0;
        return replaced || dropped || lora?.Magnitude is not null
            ? null
            : new LoraModule(weight, bias, lora?.A, lora?.B, (float)(lora?.Scale ?? 0));
    }

    private Tensor Weight(Adapter? adapter, ScalarType type) => adapter?.Weight(module.Slot)?.to(type) ?? weight;
}
