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
