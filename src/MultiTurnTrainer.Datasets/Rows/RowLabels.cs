using MultiTurnTrainer.Datasets.Rows.Tokens;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Labels for tokens: a token is supervised when all its characters are; it weighs what its lightest one does.</summary>
internal static class RowLabels
{
    /// <summary>Makes a row.</summary>
    /// <param name="id">The row's id.</param>
    /// <param name="tokens">The tokens with their places.</param>
    /// <param name="ranges">The supervised bytes, in order and without overlap.</param>
    public static TokenRow Build(string? id, TokenSpans tokens, ReadOnlySpan<SupervisedRange> ranges)
    {
        int[] labels = new int[tokens.Count];
        float[]? weights = null;
        int range = 0;
        ReadOnlySpan<int> ids = tokens.Ids;
        ReadOnlySpan<int> starts = tokens.Starts;
        ReadOnlySpan<int> ends = tokens.Ends;
        for (int i = 0; i < labels.Length; i++)
        {
            int start = starts[i];
            int end = ends[i];

            // Tokens of one character's bytes may step back, never before the range that holds the character.
            while (range < ranges.Length && ranges[range].End <= start)
            {
                range++;
            }

            // Most tokens lie inside one range or before it.
            float weight =
                range == ranges.Length || end <= ranges[range].Start ? 0
                : start >= ranges[range].Start && end <= ranges[range].End && start < end ? ranges[range].Weight
                : WeightOf(ranges, range, start, end);
            labels[i] = weight > 0 ? ids[i] : TokenRow.Unsupervised;
            if (weight is not (0 or 1) && weights is null)
            {
                weights = new float[labels.Length];
                for (int j = 0; j < i; j++)
                {
                    weights[j] = labels[j] == TokenRow.Unsupervised ? 0 : 1;
                }
            }

            if (weights is not null)
            {
                weights[i] = weight;
            }
        }

        return new TokenRow(id, ids.ToArray(), labels, weights);
    }

    private static float WeightOf(ReadOnlySpan<SupervisedRange> ranges, int range, int start, int end)
    {
        if (range == ranges.Length || ranges[range].Start > start || start == end)
        {
            return 0;
        }

        float weight = ranges[range].Weight;
        int covered = ranges[range].End;
        while (covered < end)
        {
            range++;
            if (range == ranges.Length || ranges[range].Start != covered)
            {
                return 0;
            }

            weight = Math.Min(weight, ranges[range].Weight);
            covered = ranges[range].End;
        }

        return weight;
    }
}
