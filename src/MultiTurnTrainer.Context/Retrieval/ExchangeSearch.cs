using MultiTurnTrainer.Context.Artefacts;
using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Retrieval;

/// <summary>
/// Finds the exchanges that fit a question, the best first; of equally good ones the later. A hybrid search adds up 1 / (60 + place)
/// over the lists of both methods (Cormack and others, "Reciprocal Rank Fusion", 2009). Not for several threads.
/// </summary>
/// <param name="policy">How.</param>
/// <param name="artefacts">Finds vectors of questions and exchanges; null for none.</param>
public sealed class ExchangeSearch(RetrievalPolicy policy, IArtefacts? artefacts)
{
    private const int FusionConstant = 60;

    // What shares a word or two with the question stays away where another fits much better.
    private const double LeastOfBest = 0.5;

    // Last bits differ between processors: they must not order exchanges.
    private const int Digits = 6;

    private readonly List<Exchange> _exchanges = [];
    private readonly Bm25Index _index = new();
    private readonly Dictionary<int, Artefact> _vectors = [];

    /// <summary>Told of each vector that is used, or would have been; null tells nobody.</summary>
    public Action<ArtefactRequest, Artefact>? Used { get; init; }

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
    /// <exception cref="ArtefactMissingException">Vectors are needed that nobody has made yet.</exception>
    public IReadOnlyList<Exchange> Find(string question, Func<Exchange, bool> isCandidate)
    {
        int[] candidates =
        [
            .. Enumerable
                .Range(0, _exchanges.Count)
                .Where(i => _exchanges[i].Text.Length > 0 && isCandidate(_exchanges[i])),
        ];
        if (candidates.Length == 0 || string.IsNullOrWhiteSpace(question))
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

    // A text that the model could not take has no vector and is not found by it.
    private List<int> ByVectors(string question, int[] candidates)
    {
        ArtefactRequest asked = Request(question, "a question");
        int[] unknown = [.. candidates.Where(candidate => !_vectors.ContainsKey(candidate))];
        ArtefactRequest[] requests = [asked, .. unknown.Select(Request)];
        Artefact?[] found = [.. requests.Select(request => artefacts?.Find(request.Key))];
        ArtefactRequest[] missing = [.. requests.Where((_, i) => found[i] is null)];
        if (missing.Length > 0)
        {
            throw new ArtefactMissingException(missing);
        }

        for (int i = 0; i < requests.Length; i++)
        {
            Used?.Invoke(requests[i], found[i]!);
        }

        for (int i = 0; i < unknown.Length; i++)
        {
            _vectors[unknown[i]] = found[i + 1]!;
        }

        return Ranked(
            candidates.Select(i => (i, Cosine(found[0]!.Numbers(), _vectors[i].Numbers()))),
            policy.MinSimilarity
        );
    }

    private ArtefactRequest Request(int candidate)
    {
        Exchange exchange = _exchanges[candidate];
        return Request(exchange.Text, Invariant($"turn {exchange.Turn + 1}"));
    }

    private ArtefactRequest Request(string text, string place) =>
        new(ArtefactKind.Embedding, policy.Model ?? "", "", text, place);

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
    internal static double Cosine(ReadOnlySpan<float> a, ReadOnlySpan<float> b)
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
