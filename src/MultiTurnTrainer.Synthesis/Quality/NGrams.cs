namespace MultiTurnTrainer.Synthesis.Quality;

/// <summary>Distinct-n: the share of different n-grams among all. Only hashes are kept, 8 bytes each.</summary>
/// <param name="n">The length.</param>
internal sealed class NGrams(int n)
{
    private readonly HashSet<ulong> _seen = [];
    private long _total;

    /// <summary>Different over all; 1 where there is none.</summary>
    public double Distinct => _total == 0 ? 1 : (double)_seen.Count / _total;

    public void Add(IReadOnlyList<string> words)
    {
        foreach (ulong hash in Hashes(words, n))
        {
            _seen.Add(hash);
            _total++;
        }
    }

    /// <summary>The hashes of all n-grams: FNV-1a over the words with a mark between them.</summary>
    public static IEnumerable<ulong> Hashes(IReadOnlyList<string> words, int n)
    {
        for (int i = 0; i + n <= words.Count; i++)
        {
            ulong hash = 14695981039346656037;
            for (int j = i; j < i + n; j++)
            {
                foreach (char letter in words[j])
                {
                    hash = (hash ^ letter) * 1099511628211;
                }

                hash = (hash ^ 0xFFFF) * 1099511628211;
            }

            yield return hash;
        }
    }
}
