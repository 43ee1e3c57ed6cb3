// Folder Retrieval: which past exchanges fit a question.
// Refuses to know: windows, prompts, where vectors come from.
namespace MultiTurnTrainer.Context.Retrieval;

/// <summary>
/// BM25 over texts that are added one after the other. With N texts, n of them with the term t, which stands f times in a text of
/// length l (in terms; a is their mean), a text scores for a question the sum, over the question's different terms, of
/// idf(t) · f · (k₁ + 1) / (f + k₁ · (1 − b + b · l / a)), where idf(t) = ln(1 + (N − n + ½) / (n + ½)), k₁ = 1.2 and b = 0.75
/// (Robertson and Zaragoza, "The Probabilistic Relevance Framework", 2009, with the idf of Lucene, which is never negative).
/// </summary>
internal sealed class Bm25Index
{
    /// <summary>How soon more of the same term counts no more.</summary>
    public const double K1 = 1.2;

    /// <summary>How much long texts are held against.</summary>
    public const double B = 0.75;

    private readonly Dictionary<string, List<Posting>> _postings = new(StringComparer.Ordinal);
    private readonly List<int> _lengths = [];
    private long _length;

    /// <summary>Adds a text; its number is how many there were.</summary>
    public void Add(IEnumerable<string> terms)
    {
        int length = 0;
        foreach (string term in terms)
        {
            length++;
            ref List<Posting>? known = ref CollectionsMarshal.GetValueRefOrAddDefault(_postings, term, out _);
            known ??= [];
            if (known.Count > 0 && known[^1].Text == _lengths.Count)
            {
                known[^1] = known[^1] with { Count = known[^1].Count + 1 };
            }
            else
            {
                known.Add(new Posting(_lengths.Count, 1));
            }
        }

        _lengths.Add(length);
        _length += length;
    }

    /// <summary>
    /// The score of each text as a share of what the question weighs, the sum of the idf of its terms: 1 where every one of them stands
    /// once in a text of mean length.
    /// </summary>
    public double[] Scores(IEnumerable<string> question)
    {
        double[] scores = new double[_lengths.Count];
        double weight = 0;
        foreach (string term in question.Distinct(StringComparer.Ordinal))
        {
            List<Posting> postings = _postings.GetValueOrDefault(term) ?? [];
            double idf = Math.Log(1 + ((_lengths.Count - postings.Count + 0.5) / (postings.Count + 0.5)));
            weight += idf;
            foreach ((int text, int count) in postings)
            {
                double length = B * _lengths[text] * _lengths.Count / _length;
                scores[text] += idf * count * (K1 + 1) / (count + (K1 * (1 - B + length)));
            }
        }

        for (int i = 0; i < scores.Length && weight > 0; i++)
        {
            scores[i] /= weight;
        }

        return scores;
    }

    private readonly record struct Posting(int Text, int Count);
}
