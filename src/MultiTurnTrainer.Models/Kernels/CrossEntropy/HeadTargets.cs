namespace MultiTurnTrainer.Models.Kernels.CrossEntropy;

/// <summary>The rows of the hidden states that carry a label, and their labels: all that the head looks at.</summary>
/// <param name="Rows">Positions among the hidden states, ascending.</param>
/// <param name="Labels">The token that each row must predict.</param>
/// <param name="Weights">The weight of each row's loss; null means 1 everywhere.</param>
public sealed record HeadTargets(int[] Rows, int[] Labels, float[]? Weights)
{
    /// <summary>The label that marks a position as not supervised.</summary>
    public const int Ignored = -100;

    /// <summary>How many rows carry a label.</summary>
    public int Count => Rows.Length;

    /// <summary>The sum of the weights.</summary>
    public double WeightSum => Weights is null ? Count : Weights.Sum(weight => (double)weight);

    /// <summary>
    /// From labels as token rows have them: <c>labels[t]</c> belongs to token t, so its loss comes from the hidden state at t - 1, and
    /// the first of a sequence never counts.
    /// </summary>
    /// <param name="labels">One per token; -100 is not supervised.</param>
    /// <param name="weights">One per token, or null.</param>
    /// <param name="starts">Where each packed sequence starts (cu_seqlens, with or without the total at its end).</param>
    public static HeadTargets FromShifted(
        ReadOnlySpan<int> labels,
        ReadOnlySpan<float> weights,
        ReadOnlySpan<int> starts
    )
    {
        HashSet<int> first = [0, .. starts];
        List<int> rows = [];
        List<int> found = [];
        List<float>? kept = weights.IsEmpty ? null : [];
        for (int t = 0; t < labels.Length; t++)
        {
            if (labels[t] != Ignored && !first.Contains(t))
            {
                rows.Add(t - 1);
                found.Add(labels[t]);
                kept?.Add(weights[t]);
            }
        }

        return new([.. rows], [.. found], kept?.ToArray());
    }

    /// <summary>From labels that already belong to the row at their own position.</summary>
    /// <param name="labels">One per row; -100 is not supervised.</param>
    /// <param name="weights">One per row, or empty.</param>
    public static HeadTargets FromAligned(ReadOnlySpan<int> labels, ReadOnlySpan<float> weights = default)
    {
        List<int> rows = [];
        for (int i = 0; i < labels.Length; i++)
        {
            if (labels[i] != Ignored)
            {
                rows.Add(i);
            }
        }

        int[] own = labels.ToArray();
        float[]? scale = weights.IsEmpty ? null : weights.ToArray();
        return new(
            [.. rows],
            [.. rows.Select(row => own[row])],
            scale is null ? null : [.. rows.Select(row => scale[row])]
        );
    }
}
