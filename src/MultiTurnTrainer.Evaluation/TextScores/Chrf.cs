namespace MultiTurnTrainer.Evaluation.TextScores;

/// <summary>
/// chrF2 (Popović, 2015) as sacreBLEU computes it by default: character n-grams of one to six without blanks, β = 2, only orders that
/// both texts have; of several references the best.
/// </summary>
public static class Chrf
{
    private const int Orders = 6;
    private const double Beta = 2;

    /// <summary>sacreBLEU's signature of these choices; <c>R</c> references a text.</summary>
    public static string Signature(int references) =>
        Invariant($"chrF2|nrefs:{references}|case:mixed|eff:yes|nc:6|nw:0|space:no|version:2.6.0");

    /// <summary>Scores one text, 0 to 100.</summary>
    public static double Score(string hypothesis, IReadOnlyList<string> references) =>
        Score([(hypothesis, references)]);

    /// <summary>Scores a corpus, 0 to 100.</summary>
    public static double Score(IEnumerable<(string Hypothesis, IReadOnlyList<string> References)> corpus)
    {
        Counts[] sum = new Counts[Orders];
        foreach ((string hypothesis, IReadOnlyList<string> references) in corpus)
        {
            Counts[] best = references
                .Select(reference => Compare(hypothesis, reference))
                .Aggregate((one, other) => Combine(other) > Combine(one) ? other : one);
            for (int i = 0; i < Orders; i++)
            {
                sum[i] = new Counts(
                    sum[i].Said + best[i].Said,
                    sum[i].Wanted + best[i].Wanted,
                    sum[i].Hits + best[i].Hits
                );
            }
        }

        return Combine(sum);
    }

    private static Counts[] Compare(string hypothesis, string reference)
    {
        Rune[] said = Letters(hypothesis);
        Rune[] wanted = Letters(reference);
        return [.. Enumerable.Range(1, Orders).Select(order => Compare(said, wanted, order))];
    }

    private static Counts Compare(Rune[] said, Rune[] wanted, int order)
    {
        Dictionary<string, int> own = Grams(said, order);
        Dictionary<string, int> gold = Grams(wanted, order);
        long hits = own.Sum(gram => (long)Math.Min(gram.Value, gold.GetValueOrDefault(gram.Key)));

        // A hypothesis counts only where the reference has the order at all.
        return new Counts(gold.Count > 0 ? own.Values.Sum() : 0, gold.Values.Sum(), hits);
    }

    private static double Combine(Counts[] counts)
    {
        double precision = 0;
        double recall = 0;
        int orders = 0;
        foreach (Counts order in counts.Where(order => order is { Said: > 0, Wanted: > 0 }))
        {
            precision += (double)order.Hits / order.Said;
            recall += (double)order.Hits / order.Wanted;
            orders++;
        }

        if (orders == 0 || precision + recall == 0)
        {
            return 0;
        }

        precision /= orders;
        recall /= orders;
        return 100 * (1 + (Beta * Beta)) * precision * recall / ((Beta * Beta * precision) + recall);
    }

    private static Rune[] Letters(string text) =>
        [.. text.EnumerateRunes().Where(letter => !Rune.IsWhiteSpace(letter))];

    private static Dictionary<string, int> Grams(Rune[] letters, int order)
    {
        Dictionary<string, int> grams = [];
        for (int i = 0; i + order <= letters.Length; i++)
        {
            string gram = string.Concat(letters.Skip(i).Take(order));
            grams[gram] = grams.GetValueOrDefault(gram) + 1;
        }

        return grams;
    }

    private readonly record struct Counts(long Said, long Wanted, long Hits);
}
