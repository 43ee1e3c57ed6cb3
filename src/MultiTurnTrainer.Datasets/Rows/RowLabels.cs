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
        ReadOnlySpan<int> ids = tokens.Ids;
        ReadOnlySpan<int> starts = tokens.Starts;
        ReadOnlySpan<int> ends = tokens.Ends;
        int[] labels = GC.AllocateUninitializedArray<int>(ids.Length);
        Array.Fill(labels, TokenRow.Unsupervised);
        float[]? weights = null;
        for (int range = 0; range < ranges.Length; range++)
        {
            int end = ranges[range].End;
            for (int i = tokens.FirstFrom(ranges[range].Start); i < ids.Length && starts[i] < end; i++)
            {
                int first = i;
                while (i < ids.Length && ends[i] <= end && starts[i] < ends[i])
                {
                    i++;
                }

                Label(labels, ids, first, i, ranges[range].Weight, ref weights);
                if (i < ids.Length && starts[i] < end)
                {
                    // A token may reach into the ranges that follow.
                    Label(labels, ids, i, i + 1, WeightOf(ranges, range, starts[i], ends[i]), ref weights);
                }
            }
        }

        return new TokenRow(id, ids.ToArray(), labels, weights);
    }

    private static void Label(
        int[] labels,
        ReadOnlySpan<int> ids,
        int start,
        int end,
        float weight,
        ref float[]? weights
    )
    {
        if (start == end || weight <= 0)
        {
            return;
        }

        if (weight != 1 && weights is null)
        {
            // What has been labelled so far weighs 1.
            weights = [.. labels.Select(label => label == TokenRow.Unsupervised ? 0f : 1f)];
        }

        ids[start..end].CopyTo(labels.AsSpan(start));
        weights?.AsSpan(start..end).Fill(weight);
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
