// Shapes: n rows with a label, V vocabulary, H hidden width, r rank.

namespace MultiTurnTrainer.Models.Kernels.CrossEntropy;

/// <summary>A frozen head: two products and nothing else.</summary>
/// <param name="weight">[V, H].</param>
public class FrozenHead(Tensor weight) : IHead
{
    /// <inheritdoc/>
    public ScalarType DataType => weight.dtype;

    /// <inheritdoc/>
    public long Vocabulary => weight.size(0);

    /// <inheritdoc/>
    public virtual Tensor Logits(Tensor rows)
    {
        using Tensor transposed = weight.t(); // [V, H] -> [H, V]
        return Products.Wide(rows, transposed); // [n, H] [H, V] -> [n, V]
    }

    /// <inheritdoc/>
    public virtual Tensor Backward(Tensor rows, Tensor logitGradient) =>
        // A GPU cuts the long sums over the vocabulary into parts, and may round each to the type of the result.
        logitGradient.dtype == float32
        || logitGradient.device_type == DeviceType.CUDA
            ? Products.Wide(logitGradient, weight) // [n, V] [V, H] -> [n, H]
            : logitGradient.mm(weight);
}

/// <summary>A head that is trained: a third product adds to its gradient.</summary>
/// <param name="weight">[V, H].</param>
/// <param name="weightGradient">[V, H], added to.</param>
public sealed class TrainableHead(Tensor weight, Tensor weightGradient) : FrozenHead(weight)
{
    /// <inheritdoc/>
    public override Tensor Backward(Tensor rows, Tensor logitGradient)
    {
        using Tensor transposed = logitGradient.t(); // [n, V] -> [V, n]
        Products.Add(weightGradient, transposed, rows, 1); // [V, H] += [V, n] [n, H]
        return base.Backward(rows, logitGradient);
    }
}

/// <summary>A frozen head under a LoRA adapter: logits = X Wᵀ + s (X Aᵀ) Bᵀ.</summary>
/// <param name="weight">[V, H], frozen.</param>
/// <param name="a">[r, H].</param>
/// <param name="b">[V, r].</param>
/// <param name="scale">s = α / r, or α / √r with rsLoRA.</param>
/// <param name="aGradient">Added to.</param>
/// <param name="bGradient">Added to.</param>
public sealed class LoraHead(Tensor weight, Tensor a, Tensor b, float scale, Tensor aGradient, Tensor bGradient)
    : FrozenHead(weight)
{
    /// <inheritdoc/>
    public override Tensor Logits(Tensor rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = base.Logits(rows);
        Products.Add(logits, Low(rows), Narrow(b).t(), scale); // [n, V] += [n, r] [r, V]
        return logits.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public override Tensor Backward(Tensor rows, Tensor logitGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor lowGradient = Narrow(Products.Wide(logitGradient, Narrow(b))); // [n, V] [V, r] -> [n, r]
        Products.Add(bGradient, logitGradient.t(), Low(rows), scale); // [V, r] += [V, n] [n, r]
        Products.Add(aGradient, lowGradient.t(), rows, scale); // [r, H] += [r, n] [n, H]
        Tensor gradient = base.Backward(rows, logitGradient).to(float32);
        Products.Add(gradient, lowGradient, Narrow(a), scale); // [n, H] += [n, r] [r, H]
        return gradient.MoveToOuterDisposeScope();
    }

    private Tensor Low(Tensor rows) => Narrow(Products.Wide(rows, Narrow(a).t())); // [n, H] [H, r] -> [n, r]

    private Tensor Narrow(Tensor tensor) => tensor.to(DataType);
}
