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
    /// <inheritdoc/>
    public ScalarType DataType => weight.dtype;

    /// <inheritdoc/>
    public long Vocabulary => weight.size(0);

    /// <inheritdoc/>
    public Tensor Logits(Tensor rows)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor low = rows.mm(a.to(weight.dtype).t());
        Tensor logits = Products.Wide(rows, weight.t());
        Products.Add(logits, low, b.to(weight.dtype).t(), scale);
        return logits.MoveToOuterDisposeScope();
    }

    /// <inheritdoc/>
    public Tensor Backward(Tensor rows, Tensor logitGradient)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor downProjection = a.to(weight.dtype);
        Tensor low = rows.mm(downProjection.t());
        Tensor lowGradient = logitGradient.mm(b.to(weight.dtype));
        Products.Add(bGradient, logitGradient.t(), low, scale);
        Products.Add(aGradient, lowGradient.t(), rows, scale);
        return logitGradient.mm(weight).addmm_(lowGradient, downProjection, 1, scale).MoveToOuterDisposeScope();
    }
}
