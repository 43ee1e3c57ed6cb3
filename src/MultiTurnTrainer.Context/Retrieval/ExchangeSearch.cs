using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Retrieval;

/// <summary>
/// Finds the exchanges that fit a question, the best first; of equally good ones the later. A hybrid search adds up 1 / (60 + place)
/// over the lists of both methods (Cormack and others, "Reciprocal Rank Fusion", 2009). Not for several threads.
/// </summary>
/// <param name="policy">How.</param>
/// <param name="vectors">Vectors of questions and exchanges; null for none.</param>
public sealed class ExchangeSearch(RetrievalPolicy policy, IVectors? vectors)
{
    private const int FusionConstant = 60;

    // What shares a word or two with the question stays away where another fits much better.
    private const double LeastOfBest = 0.5;

    // Last bits differ between processors: they must not order exchanges.
    private const int Digits = 6;

    private readonly List<Exchange> _exchanges = [];
    private readonly Bm25Index _index = new();

    /// <summary>The exchanges so far.</summary>
    public IReadOnlyList<Exchange> Exchanges => _exchanges;

    /// <summary>Adds an exchange, later than those before it.</summary>
    public void Add(Exchange exchange)
    {
        _exchanges.Add(exchange);
        _index.Add(SearchTerms.Of(exchange.Text));
    }

    /// <summary>The exchanges that fit, the best first.</summary>
    /// <param name="question">The user's words.</param>
    /// <param name="isCandidate">Which exchanges may be found; all count in what is rare and what is common.</param>
    public IReadOnlyList<Exchange> Find(string question, Func<Exchange, bool> isCandidate)
    {
        int[] candidates = [.. Enumerable.Range(0, _exchanges.Count).Where(i => isCandidate(_exchanges[i]))];
        if (candidates.Length == 0)
        {
            return [];
        }

        IReadOnlyList<int> found = policy.Method switch
        {
            RetrievalMethod.Bm25 => ByWords(question, candidates),
            RetrievalMethod.Embeddings => ByVectors(question, candidates),
            _ => Fused(ByWords(question, candidates), ByVectors(question, candidates)),
        };
        return [.. found.Select(i => _exchanges[i])];
    }

    private List<int> ByWords(string question, int[] candidates)
    {
        double[] scores = _index.Scores(SearchTerms.Of(question));
        double best = candidates.Max(i => scores[i]);
        return Ranked(candidates.Select(i => (i, scores[i])), Math.Max(policy.MinScore, LeastOfBest * best));
    }

    private List<int> ByVectors(string question, int[] candidates)
    {
        if (vectors?.Find(question) is not { } asked)
        {
            return [];
        }

        List<(int, double)> scores = [];
        foreach (int candidate in candidates)
        {
            if (vectors.Find(_exchanges[candidate].Text) is { } known)
            {
                scores.Add((candidate, Cosine(asked, known)));
            }
        }

        return Ranked(scores, policy.MinSimilarity);
    }

    private static List<int> Fused(List<int> words, List<int> vectors)
    {
        static double Worth(int place) => place < 0 ? 0 : 1.0 / (FusionConstant + place + 1);
        return Ranked(words.Union(vectors).Select(i => (i, Worth(words.IndexOf(i)) + Worth(vectors.IndexOf(i)))), 0);
    }

    private static List<int> Ranked(IEnumerable<(int Place, double Score)> scores, double least) =>
        [
            .. scores
                .Select(pair => (pair.Place, Score: Math.Round(pair.Score, Digits)))
                .Where(pair => pair.Score > 0 && pair.Score >= least)
                .OrderByDescending(pair => pair.Score)
                .ThenByDescending(pair => pair.Place)
                .Select(pair => pair.Place),
        ];

    /// <summary>The cosine of two vectors; 0 where one is nothing, or they are not of one model.</summary>
    internal static double Cosine(float[] a, float[] b)
    {
        double product = 0;
        double lengthA = 0;
        double lengthB = 0;
        for (int i = 0; i < a.Length && a.Length == b.Length; i++)
        {
            product += (double)a[i] * b[i];
            lengthA += (double)a[i] * a[i];
            lengthB += (double)b[i] * b[i];
        }

        return product == 0 ? 0 : product / Math.Sqrt(lengthA * lengthB);
    }
}
