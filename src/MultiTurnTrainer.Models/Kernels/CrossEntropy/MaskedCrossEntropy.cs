// Folder CrossEntropy: loss and gradient of the rows that carry a label, chunk by chunk.
// Refuses to know: how labels came about, what a step divides by.
// Shapes: N hidden states, S of them with a label, n rows of a chunk, H hidden width, V vocabulary.
using MultiTurnTrainer.Models.Kernels.Cuda;

namespace MultiTurnTrainer.Models.Kernels.CrossEntropy;

/// <summary>
/// The masked cross-entropy head. Rows without a label never reach it; the rest go chunk by chunk through one product
/// with the head's weight, one in-place row kernel and one product back, so that the work is two products of the supervised rows and
/// the memory is one chunk of logits. Exact, and no autograd: the gradient with respect to the hidden states is returned.
/// </summary>
public static class MaskedCrossEntropy
{
    // A chunk's logits stay below this. On a GPU a weight is then read rarely enough for the products to be bound by
    // arithmetic (1,024 rows at V = 128,256); on a processor the chunk still fits the last-level cache at common sizes.
    private const long Tile = 128;
    private const long MostRows = 4096;
    private const long CudaChunkBytes = 272L << 20;
    private const long CpuChunkBytes = 64L << 20;

    /// <summary>Loss, statistics and, where wanted, the gradient.</summary>
    /// <param name="hidden">[N, H], the states that go into the head, on any device.</param>
    /// <param name="targets">Which rows carry which label.</param>
    /// <param name="head">The head's products.</param>
    /// <param name="scale">Multiplies the gradient: 1 / (what the whole optimizer step divides its loss by).</param>
    /// <param name="options">Caps, smoothing, metrics; null is the plain loss.</param>
    public static HeadResult Run(
        Tensor hidden,
        HeadTargets targets,
        IHead head,
        double scale,
        CrossEntropyOptions? options = null
    ) => Run(hidden, targets, head, scale, options ?? new CrossEntropyOptions(), RowKernel(hidden), chunkRows: 0);

    internal static HeadResult Run(
        Tensor hidden,
        HeadTargets targets,
        IHead head,
        double scale,
        CrossEntropyOptions options,
        IRowKernel kernel,
        int chunkRows
    )
    {
        Check(hidden, targets, head);
        using IDisposable quiet = no_grad();
        using DisposeScope scope = NewDisposeScope();
        Device device = hidden.device;
        Tensor? gradient = options.Gradient ? zeros_like(hidden).MoveToOuterDisposeScope() : null;
        if (targets.Count == 0)
        {
            return new HeadResult(targets, options, gradient, null);
        }

        Tensor states = hidden.detach();
        // Nothing to select where the caller has dropped the other rows already.
        bool whole = targets.Count == hidden.size(0) && targets.Rows[^1] == targets.Count - 1;
        Tensor rows = torch.tensor(Array.ConvertAll(targets.Rows, row => (long)row), device: device);
        Tensor labels = torch.tensor(targets.Labels, device: device);
        Tensor coefficients = torch.tensor(Coefficients(targets, scale), device: device);
        Tensor statistics = zeros(targets.Count, 4, float32, device).MoveToOuterDisposeScope();
        long chunk = chunkRows > 0 ? chunkRows : ChunkRows(head, device, targets.Count);
        for (long start = 0; start < targets.Count; start += chunk)
        {
            using DisposeScope part = NewDisposeScope();
            long count = Math.Min(chunk, targets.Count - start);
            Tensor index = rows.narrow(0, start, count); // [S] -> [n]
            Tensor chosen = whole ? states.narrow(0, start, count) : states.index_select(0, index); // [N, H] -> [n, H]
            Tensor compact = chosen.to(head.DataType);
            Tensor logits = head.Logits(compact); // [n, H] -> [n, V]
            Tensor logitGradient = kernel.Run(
                logits,
                labels.narrow(0, start, count), // [S] -> [n]
                coefficients.narrow(0, start, count), // [S] -> [n]
                statistics.narrow(0, start, count), // [S, 4] -> [n, 4]
                options,
                head.DataType
            );
            if (gradient is null)
            {
                continue;
            }

            Tensor back = head.Backward(compact, logitGradient).to(hidden.dtype); // [n, V] -> [n, H]
            _ = whole ? gradient.narrow(0, start, count).copy_(back) : gradient.index_copy_(0, index, back); // [N, H] at the rows [n, H]
        }

        return new HeadResult(targets, options, gradient, statistics);
    }

    /// <summary>The fastest backend for where the tensor lies.</summary>
    internal static IRowKernel RowKernel(Tensor tensor) =>
        tensor.device_type == DeviceType.CUDA ? new CudaRows(CudaKernels.For(tensor)) : new CpuRows();

    /// <summary>Rows that go through the head at once.</summary>
    internal static long ChunkRows(IHead head, Device device, long count)
    {
        long bytes = head.Vocabulary * sizeof(float);
        long most = (device.type == DeviceType.CUDA ? CudaChunkBytes : CpuChunkBytes) / bytes;
        long rows = Math.Clamp(most / Tile * Tile, Tile, MostRows);
        // Even chunks: a short last one would waste a pass over the weight.
        long chunks = (count + rows - 1) / rows;
        return Math.Min(rows, ((count + chunks - 1) / chunks + Tile - 1) / Tile * Tile);
    }

    private static float[] Coefficients(HeadTargets targets, double scale)
    {
        float[] coefficients = new float[targets.Count];
        for (int i = 0; i < coefficients.Length; i++)
        {
            coefficients[i] = (float)(scale * (targets.Weights?[i] ?? 1f));
        }

        return coefficients;
    }

    private static void Check(Tensor hidden, HeadTargets targets, IHead head)
    {
        if (hidden.dim() != 2)
        {
            throw new ArgumentException($"hidden states must be [N, H], not {hidden}", nameof(hidden));
        }

        (long vocabulary, long states) = (head.Vocabulary, hidden.size(0));
        for (int i = 0; i < targets.Count; i++)
        {
            if ((uint)targets.Labels[i] >= vocabulary)
            {
                throw new ArgumentException($"label {targets.Labels[i]} lies outside the head's {vocabulary} tokens");
            }

            if ((uint)targets.Rows[i] >= states)
            {
                throw new ArgumentException($"row {targets.Rows[i]} lies outside the {states} hidden states");
            }
        }
    }
}
