// Shapes: c keys.

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>The softmax over scores and, where a head has one, a learnt score more that gives nothing (gpt-oss).</summary>
internal static class AttentionSinks
{
    /// <summary>[…, c] to the same shape; rows sum to less than one where there are sinks.</summary>
    /// <param name="scores">[…, c].</param>
    /// <param name="sinks">[…], of the scores' type; null without.</param>
    public static Tensor Softmax(Tensor scores, Tensor? sinks) =>
        sinks is null
            ? scores.softmax(-1)
            : cat([scores, sinks.unsqueeze(-1)], -1).softmax(-1).narrow(-1, 0, scores.size(-1)); // […, c + 1] -> […, c]
}
