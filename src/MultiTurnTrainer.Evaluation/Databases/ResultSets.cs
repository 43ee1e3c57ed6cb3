namespace MultiTurnTrainer.Evaluation.Databases;

/// <summary>
/// Whether two results are the same (Spider's execution match): some order of the columns makes the rows equal, as a list where
/// the order of rows matters, else as a bag. Values as Python compares them: <c>1 = 1.0</c>, NULL = NULL, texts exactly.
/// </summary>
internal static class ResultSets
{
    public static bool Same(IReadOnlyList<object?[]> gold, IReadOnlyList<object?[]> predicted, bool isOrdered)
    {
        if (gold.Count == 0 && predicted.Count == 0)
        {
            return true;
        }

        if (gold.Count != predicted.Count || gold[0].Length != predicted[0].Length)
        {
            return false;
        }

        string[][] wanted = Keys(gold);
        string[][] given = Keys(predicted);
        int[][] candidates =
        [
            .. Enumerable.Range(0, wanted[0].Length).Select(column => Candidates(wanted, given, column, isOrdered)),
        ];
        string[] bag = [.. wanted.Select(row => string.Join('\u001f', row)).Order(StringComparer.Ordinal)];
        return Permute(candidates, [], order => isOrdered || SameBag(bag, given, order));
    }

    // Only a column of the same values can stand for another: a table of many columns has few orders left to try.
    private static int[] Candidates(string[][] wanted, string[][] given, int column, bool isOrdered)
    {
        IEnumerable<string> Values(string[][] rows, int index)
        {
            IEnumerable<string> values = rows.Select(row => row[index]);
            return isOrdered ? values : values.Order(StringComparer.Ordinal);
        }

        string[] own = [.. Values(wanted, column)];
        return [.. Enumerable.Range(0, given[0].Length).Where(index => Values(given, index).SequenceEqual(own))];
    }

    private static bool Permute(int[][] candidates, List<int> order, Predicate<List<int>> matches)
    {
        if (order.Count == candidates.Length)
        {
            return matches(order);
        }

        foreach (int column in candidates[order.Count].Except(order))
        {
            if (Permute(candidates, [.. order, column], matches))
            {
                return true;
            }
        }

        return false;
    }

    private static bool SameBag(string[] bag, string[][] given, List<int> order) =>
        given
            .Select(row => string.Join('\u001f', order.Select(column => row[column])))
            .Order(StringComparer.Ordinal)
            .SequenceEqual(bag);

    private static string[][] Keys(IEnumerable<object?[]> rows) => [.. rows.Select(row => row.Select(Key).ToArray())];

    private static string Key(object? value) =>
        value switch
        {
            null => "null",
            bool truth => truth ? "n1" : "n0",
            long or int => Invariant($"n{value}"),
            double number when number == Math.Floor(number) && Math.Abs(number) < 1e18 => Invariant($"n{(long)number}"),
            double number => Invariant($"r{number:R}"),
            byte[] bytes => $"b{Convert.ToHexString(bytes)}",
            _ => $"t{value}",
        };
}
