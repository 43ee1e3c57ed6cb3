using MultiTurnTrainer.LibTorch.Providers;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Kernels.CrossEntropy;

/// <summary>A frozen head: two products and nothing else.</summary>
/// <param name="weight">[V, H].</param>
public sealed class FrozenHead(Tensor weight) : IHead
{
    /// <inheritdoc/>
    public ScalarType DataType => weight.dtype;

    /// <inheritdoc/>
    public long Vocabulary => weight.size(0);

    /// <inheritdoc/>
    public Tensor Logits(Tensor rows)
    {
        using Tensor transposed = weight.t();
        return Products.Wide(rows, transposed);
    }

    /// <inheritdoc/>
    public Tensor Backward(Tensor rows, Tensor logitGradient) =>
        // A GPU cuts the long sums over the vocabulary into parts, and may round each to the type of the result.
        logitGradient.dtype == float32
        || logitGradient.device_type == DeviceType.CUDA
            ? Products.Wide(logitGradient, weight)
            : logitGradient.mm(weight);
}

/// <summary>A head that is trained: a third product adds to its gradient.</summary>
/// <param name="weight">[V, H].</param>
/// <param name="weightGradient">[V, H], added to.</param>
public sealed class TrainableHead(Tensor weight, Tensor weightGradient) : IHead
{
    private readonly FrozenHead _frozen = new(weight);

    /// <inheritdoc/>
    public ScalarType DataType => weight.dtype;

    /// <inheritdoc/>
    public long Vocabulary => weight.size(0);

    /// <inheritdoc/>
    public Tensor Logits(Tensor rows) => _frozen.Logits(rows);

    /// <inheritdoc/>
    public Tensor Backward(Tensor rows, Tensor logitGradient)
    {
        using Tensor transposed = logitGradient.t();
        Products.Add(weightGradient, transposed, rows, 1);
        return _frozen.Backward(rows, logitGradient);
    }
}

/// <summary>A frozen head under a LoRA adapter: logits = X Wᵀ + s (X Aᵀ) Bᵀ.</summary>
/// <param name="weight">[V, H], frozen.</param>
/// <param name="a">[r, H].</param>
/// <param name="b">[V, r].</param>
/// <param name="scale">s = α / r, or α / √r with rsLoRA.</param>
/// <param name="aGradient">Added to.</param>
/// <param name="bGradient">Added to.</param>
public sealed class LoraHead(Tensor weight, Tensor a, Tensor b, float scale, Tensor aGradient, Tensor bGradient) : IHead
{
    private readonly FrozenHead _frozen = new(weight);

    /// <inheritdoc/>
    public ScalarType DataType => weight.dtype;

    /// <inheritdoc/>
    public long Vocabulary => weight.size(0);

    /// <inheritdoc/>
    public Tensor Logits(Tensor rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = _frozen.Logits(rows);
        Products.Add(logits, Low(rows), Narrow(b).t(), scale);
        return logits.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Backward(Tensor rows, Tensor logitGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor lowGradient = Narrow(Products.Wide(logitGradient, Narrow(b)));
        Products.Add(bGradient, logitGradient.t(), Low(rows), scale);
        Products.Add(aGradient, lowGradient.t(), rows, scale);
        Tensor gradient = _frozen.Backward(rows, logitGradient).to(float32);
        Products.Add(gradient, lowGradient, Narrow(a), scale);
        return gradient.MoveToOuterDisposeScope();
    }

    private Tensor Low(Tensor rows) => Narrow(Products.Wide(rows, Narrow(a).t()));

    private Tensor Narrow(Tensor tensor) => tensor.to(weight.dtype);
}
