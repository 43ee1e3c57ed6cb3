namespace MultiTurnTrainer.Training.Distillation;

/// <summary>
/// How far a middle turn's signal is trusted (MAIGO, section 3.3): with δ⁺ = max(δ, ε) of the turn and the median of δ⁺
/// over the eligible turns of the same trajectory up to and including it, w = median / (median + δ⁺). One half at the
/// median, falling like 1/δ beyond; a constant for the gradient.
/// </summary>
internal static class ReliabilityWeight
{
    /// <summary>The weight of the last of some eligible turns.</summary>
    /// <param name="deltas">
    /// δ of every eligible turn of the trajectory up to and including the weighed one: the mean over the reply of
    /// log student − log reference of the sampled tokens.
    /// </param>
    /// <param name="epsilon">The floor of δ; the paper gives no value.</param>
    public static double Compute(IReadOnlyList<double> deltas, double epsilon)
    {
        double[] floored = [.. deltas.Select(delta => Math.Max(delta, epsilon))];
        double own = floored[^1];
        Array.Sort(floored);
        int middle = floored.Length / 2;
        double median = floored.Length % 2 == 1 ? floored[middle] : (floored[middle - 1] + floored[middle]) / 2;
        return median / (median + own);
    }
}
