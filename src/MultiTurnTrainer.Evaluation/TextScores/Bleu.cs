// Folder TextScores: BLEU and chrF, by sacreBLEU's definitions.
// Refuses to know: dialogues, tasks.

namespace MultiTurnTrainer.Evaluation.TextScores;

/// <summary>
/// BLEU of a corpus (Papineni et al., 2002) as sacreBLEU computes it by default: tokens 13a, four orders, exponential smoothing, the
/// closest reference's length. Without an effective order: a text of fewer than four tokens scores 0.
/// </summary>
public static class Bleu
{
    /// <summary>sacreBLEU's signature of these choices; <c>R</c> references a text.</summary>
    public static string Signature(int references) =>
        Invariant($"BLEU|nrefs:{references}|case:mixed|eff:no|tok:13a|smooth:exp|version:2.6.0");

    private const int Orders = 4;

    /// <summary>Scores one text as a corpus of its own, 0 to 100.</summary>
    public static double Score(string hypothesis, IReadOnlyList<string> references) =>
        Score([(hypothesis, references)]);

    /// <summary>Scores a corpus, 0 to 100.</summary>
    public static double Score(IEnumerable<(string Hypothesis, IReadOnlyList<string> References)> corpus)
    {
        long[] hits = new long[Orders];
        long[] totals = new long[Orders];
        long length = 0;
        long wanted = 0;
        foreach ((string hypothesis, IReadOnlyList<string> references) in corpus)
        {
            string[] said = BleuTokens.Of(hypothesis);
            string[][] gold = [.. references.Select(BleuTokens.Of)];
            length += said.Length;
            wanted += Closest(said.Length, gold);
            for (int order = 1; order <= Orders; order++)
            {
                Count(said, gold, order, ref hits[order - 1], ref totals[order - 1]);
            }
        }

        return Combine(hits, totals, length, wanted);
    }

    private static double Combine(long[] hits, long[] totals, long length, long wanted)
    {
        if (hits.All(count => count == 0) || totals.Contains(0))
        {
            return 0;
        }

        double smoothing = 1;
        double logarithms = 0;
        for (int i = 0; i < Orders; i++)
        {
            double precision;
            if (hits[i] == 0)
            {
                smoothing *= 2;
                precision = 100 / (smoothing * totals[i]);
            }
            else
            {
                precision = 100.0 * hits[i] / totals[i];
            }

            logarithms += Math.Log(precision);
        }

        double brevity = length < wanted ? Math.Exp(1 - ((double)wanted / length)) : 1;
        return brevity * Math.Exp(logarithms / Orders);
    }

    // Ties go to the shorter reference.
    private static int Closest(int length, string[][] references) =>
        references.Select(reference => reference.Length).MinBy(one => (Math.Abs(one - length), one));

    private static void Count(string[] said, string[][] references, int order, ref long hits, ref long totals)
    {
        Dictionary<string, int> most = [];
        foreach (string[] reference in references)
        {
            foreach ((string gram, int count) in Grams(reference, order))
            {
                most[gram] = Math.Max(most.GetValueOrDefault(gram), count);
            }
        }

        foreach ((string gram, int count) in Grams(said, order))
        {
            totals += count;
            hits += Math.Min(count, most.GetValueOrDefault(gram));
        }
    }

    private static Dictionary<string, int> Grams(string[] tokens, int order)
    {
        Dictionary<string, int> grams = [];
        for (int i = 0; i + order <= tokens.Length; i++)
        {
            string gram = string.Join(' ', tokens, i, order);
            grams[gram] = grams.GetValueOrDefault(gram) + 1;
        }

        return grams;
    }
}
