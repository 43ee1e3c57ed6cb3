// Folder Providers: what mtt asks of libtorch beyond TorchSharp's interface, once for each provider.
// Refuses to know: models, kernels of ours.
namespace MultiTurnTrainer.LibTorch.Providers;

/// <summary>A row-major matrix as a factor of <see cref="Gemm"/>.</summary>
/// <param name="data">The first element.</param>
/// <param name="stride">Elements from one row to the next.</param>
/// <param name="transposed">Whether its transpose is meant.</param>
public readonly unsafe struct GemmFactor(void* data, long stride, bool transposed = false)
{
    /// <summary>The first element.</summary>
    public void* Data { get; } = data;

    /// <summary>Elements from one row to the next.</summary>
    public long Stride { get; } = stride;

    /// <summary>Whether the transpose of what lies in memory is meant.</summary>
    internal bool Transposed { get; } = transposed;

    /// <summary>The same memory as the transpose.</summary>
    public GemmFactor Transpose() => new(Data, Stride, !Transposed);

    /// <summary>What is left of the factor behind its first rows and columns.</summary>
    internal GemmFactor Skip(long rows, long columns, int size)
    {
        (long lines, long elements) = Transposed ? (columns, rows) : (rows, columns);
        return new((byte*)Data + (((lines * Stride) + elements) * size), Stride, Transposed);
    }
}
