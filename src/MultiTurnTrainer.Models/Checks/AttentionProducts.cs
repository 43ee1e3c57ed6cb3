// Shapes: q queries of a block, c keys they may see, d width of a head.
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Attention;
using MultiTurnTrainer.Models.Kernels.Cpu;

namespace MultiTurnTrainer.Models.Checks;

/// <summary>The products of one layer's attention on the processor, forward and backward, without what stands between them.</summary>
internal static unsafe class AttentionProducts
{
    // The scores and the mixed values; in the backward the scores again, and four gradients.
    private const double Products = 7;

    /// <summary>Computes them; nothing where plain operators serve.</summary>
    /// <param name="config">Heads and their width.</param>
    /// <param name="layout">The sequences.</param>
    /// <param name="window">How many keys a query sees, or null.</param>
    /// <param name="states">Random numbers [rows, width] of the model's type.</param>
    public static void Run(ModelConfig config, SequenceLayout layout, int? window, Func<long, long, Tensor> states)
    {
        if (!CpuAttention.Serves)
        {
            return;
        }

        AttentionSpan span = new([.. layout.Starts], 1, window, 0);
        int width = config.HeadDimension;
        using Tensor heads = states(layout.Tokens, (long)config.Heads * width);
        using Tensor matrix = states(span.MostQueries, span.Longest);
        ScalarType type = Gemm.Takes(heads.dtype) ? heads.dtype : float32;
        using Tensor rows = heads.to(type);
        using Tensor weights = matrix.to(type).contiguous();
        void* from = TensorMemory.Pointer(rows);
        void* between = TensorMemory.Pointer(weights);
        long stride = (long)config.Heads * width;
        Workers.ForEach(
            (long)span.Sequences * config.Heads,
            Products * span.Pairs * width * config.Heads,
            task =>
            {
                using Tensor scores = empty(span.MostQueries, span.Longest);
                using Tensor mixed = empty(span.Longest, width);
                float* line = (float*)TensorMemory.Pointer(scores);
                float* sum = (float*)TensorMemory.Pointer(mixed);
                GemmFactor states = new(from, stride);
                foreach (AttentionBlock block in span.Blocks((int)(task / config.Heads)))
                {
                    (int q, int c) = (block.Queries, block.Keys);
                    GemmFactor score = new(between, c);
                    for (int i = 0; i < 3; i++)
                    {
                        Gemm.Run(type, q, c, width, 1, states, states.Transpose(), 0, line, c); // [q, d] [d, c] -> [q, c]
                    }

                    Gemm.Run(type, q, width, c, 1, score, states, 0, sum, width); // [q, c] [c, d] -> [q, d]
                    Gemm.Run(type, q, width, c, 1, score, states, 0, sum, width); // [q, c] [c, d] -> [q, d]
                    Gemm.Run(type, c, width, q, 1, score.Transpose(), states, 1, sum, width); // [c, d] += [c, q] [q, d]
                    Gemm.Run(type, c, width, q, 1, score.Transpose(), states, 1, sum, width); // [c, d] += [c, q] [q, d]
                }
            }
        );
        Workers.KeepAlive(rows, weights);
    }
}
