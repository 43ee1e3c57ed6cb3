namespace MultiTurnTrainer.Audit.Comparing;

/// <summary>
/// Which tokens of one row are which of another: what is equal at both ends, then stretches that stand once in both, then the
/// shortest way from one to the other between those.
/// </summary>
internal static class TokenDiff
{
    private const int AnchorLength = 6;
    private const int MostEdits = 600;

    /// <summary>For each token of a row, its place in the other; −1 where it has none. Places rise.</summary>
    public static int[] Match(ReadOnlySpan<int> row, ReadOnlySpan<int> other)
    {
        int[] places = new int[row.Length];
        Array.Fill(places, -1);
        Match(row, other, 0, 0, places);
        return places;
    }

    private static void Match(ReadOnlySpan<int> row, ReadOnlySpan<int> other, int at, int otherAt, int[] places)
    {
        int prefix = row.CommonPrefixLength(other);
        Pair(places, at, otherAt, prefix);
        row = row[prefix..];
        other = other[prefix..];
        (at, otherAt) = (at + prefix, otherAt + prefix);
        int suffix = 0;
        while (suffix < Math.Min(row.Length, other.Length) && row[^(suffix + 1)] == other[^(suffix + 1)])
        {
            suffix++;
        }

        Pair(places, at + row.Length - suffix, otherAt + other.Length - suffix, suffix);
        row = row[..^suffix];
        other = other[..^suffix];
        if (row.IsEmpty || other.IsEmpty)
        {
            return;
        }

        List<(int Row, int Other)> anchors = Anchors(row, other);
        if (anchors.Count == 0)
        {
            ShortestEdit(row, other, at, otherAt, places);
            return;
        }

        (int Row, int Other) from = (0, 0);
        foreach ((int Row, int Other) anchor in anchors)
        {
            if (anchor.Row < from.Row || anchor.Other < from.Other)
            {
                continue;
            }

            Pair(places, at + anchor.Row, otherAt + anchor.Other, AnchorLength);
            Match(
                row[from.Row..anchor.Row],
                other[from.Other..anchor.Other],
                at + from.Row,
                otherAt + from.Other,
                places
            );
            from = (anchor.Row + AnchorLength, anchor.Other + AnchorLength);
        }

        Match(row[from.Row..], other[from.Other..], at + from.Row, otherAt + from.Other, places);
    }

    private static void Pair(int[] places, int at, int otherAt, int count)
    {
        for (int i = 0; i < count; i++)
        {
            places[at + i] = otherAt + i;
        }
    }

    /// <summary>Stretches that stand once in each, in the longest order that both share.</summary>
    private static List<(int Row, int Other)> Anchors(ReadOnlySpan<int> row, ReadOnlySpan<int> other)
    {
        Dictionary<long, int> inRow = Once(row);
        Dictionary<long, int> inOther = Once(other);
        List<(int Row, int Other)> shared = [];
        foreach ((long hash, int place) in inRow)
        {
            if (
                place >= 0
                && inOther.GetValueOrDefault(hash, -1) is int otherPlace and >= 0
                && row.Slice(place, AnchorLength).SequenceEqual(other.Slice(otherPlace, AnchorLength))
            )
            {
                shared.Add((place, otherPlace));
            }
        }

        shared.Sort();
        return LongestRising(shared);
    }

    private static Dictionary<long, int> Once(ReadOnlySpan<int> tokens)
    {
        Dictionary<long, int> places = [];
        for (int i = 0; i + AnchorLength <= tokens.Length; i++)
        {
            long hash = 17;
            foreach (int token in tokens.Slice(i, AnchorLength))
            {
                hash = unchecked((hash * 1_000_003) + token);
            }

            places[hash] = places.ContainsKey(hash) ? -1 : i;
        }

        return places;
    }

    private static List<(int Row, int Other)> LongestRising(List<(int Row, int Other)> pairs)
    {
        List<int> tails = [];
        int[] before = new int[pairs.Count];
        for (int i = 0; i < pairs.Count; i++)
        {
            int low = FirstFrom(pairs, tails, pairs[i].Other);
            before[i] = low > 0 ? tails[low - 1] : -1;
            if (low == tails.Count)
            {
                tails.Add(i);
            }
            else
            {
                tails[low] = i;
            }
        }

        List<(int Row, int Other)> rising = [];
        for (int i = tails.Count > 0 ? tails[^1] : -1; i >= 0; i = before[i])
        {
            rising.Add(pairs[i]);
        }

        rising.Reverse();
        return rising;
    }

    private static int FirstFrom(List<(int Row, int Other)> pairs, List<int> tails, int other)
    {
        int low = 0;
        int high = tails.Count;
        while (low < high)
        {
            int middle = (low + high) >>> 1;
            (low, high) = pairs[tails[middle]].Other < other ? (middle + 1, high) : (low, middle);
        }

        return low;
    }

    /// <summary>Myers' shortest edit script; nothing is paired where it would be very long.</summary>
    private static void ShortestEdit(ReadOnlySpan<int> row, ReadOnlySpan<int> other, int at, int otherAt, int[] places)
    {
        int most = Math.Min(row.Length + other.Length, MostEdits);
        List<int[]> trace = [];
        int[] furthest = new int[(2 * most) + 2];
        for (int edits = 0; edits <= most; edits++)
        {
            trace.Add([.. furthest]);
            for (int k = -edits; k <= edits; k += 2)
            {
                bool down = k == -edits || (k != edits && furthest[most + k - 1] < furthest[most + k + 1]);
                int x = down ? furthest[most + k + 1] : furthest[most + k - 1] + 1;
                int y = x - k;
                while (x < row.Length && y < other.Length && row[x] == other[y])
                {
                    (x, y) = (x + 1, y + 1);
                }

                furthest[most + k] = x;
                if (x >= row.Length && y >= other.Length)
                {
                    Walk(trace, most, row.Length, other.Length, at, otherAt, places);
                    return;
                }
            }
        }
    }

    private static void Walk(List<int[]> trace, int most, int x, int y, int at, int otherAt, int[] places)
    {
        for (int edits = trace.Count - 1; edits >= 0; edits--)
        {
            int[] furthest = trace[edits];
            int k = x - y;
            bool down = k == -edits || (k != edits && furthest[most + k - 1] < furthest[most + k + 1]);
            int beforeX = edits == 0 ? 0 : furthest[most + (down ? k + 1 : k - 1)];
            int beforeY = edits == 0 ? 0 : beforeX - (down ? k + 1 : k - 1);
            while (x > beforeX && y > beforeY)
            {
                (x, y) = (x - 1, y - 1);
                places[at + x] = otherAt + y;
            }

            (x, y) = (beforeX, beforeY);
        }
    }
}
