namespace MultiTurnTrainer.Datasets.Masking;

/// <summary>Sets of positions as sorted ranges.</summary>
internal static class Runs
{
    /// <summary>Sorts ranges and joins those that touch.</summary>
    public static List<(int Start, int End)> Merge(IEnumerable<(int Start, int End)> ranges)
    {
        List<(int Start, int End)> merged = [];
        foreach ((int start, int end) in ranges.Where(r => r.End > r.Start).OrderBy(r => r.Start))
        {
            if (merged.Count > 0 && start <= merged[^1].End)
            {
                merged[^1] = (merged[^1].Start, Math.Max(end, merged[^1].End));
            }
            else
            {
                merged.Add((start, end));
            }
        }

        return merged;
    }

    /// <summary>The positions of the first that are not in the second; both merged.</summary>
    public static IEnumerable<(int Start, int End)> Subtract(
        IReadOnlyList<(int Start, int End)> from,
        IReadOnlyList<(int Start, int End)> what
    )
    {
        foreach ((int start, int end) in from)
        {
            int at = start;
            foreach ((int left, int right) in what)
            {
                if (right <= at || left >= end)
                {
                    continue;
                }

                if (left > at)
                {
                    yield return (at, left);
                }

                at = Math.Max(at, right);
            }

            if (at < end)
            {
                yield return (at, end);
            }
        }
    }
}
