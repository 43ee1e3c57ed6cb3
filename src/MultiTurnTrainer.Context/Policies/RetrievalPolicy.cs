namespace MultiTurnTrainer.Context.Policies;

/// <summary>How past exchanges are found.</summary>
public enum RetrievalMethod
{
    /// <summary>By their words.</summary>
    Bm25,

    /// <summary>By vectors that an embedding model makes of them.</summary>
    Embeddings,

    /// <summary>By both: reciprocal ranks are added.</summary>
    Hybrid,
}

/// <summary>
/// Which exchanges that have left the window come back, before the words that they fit. Each is whole: the user's turn, calls, results and
/// answers.
/// </summary>
public sealed record RetrievalPolicy
{
    /// <summary>How they are found.</summary>
    public RetrievalMethod Method { get; init; }

    /// <summary>Most exchanges for one turn.</summary>
    [Range(1, 1000)]
    public int Exchanges { get; init; } = 2;

    /// <summary>Most tokens of all that come back for one turn; an exchange that has more than are left does not come.</summary>
    [Range(16, 1_000_000)]
    public int MaxTokens { get; init; } = 1000;

    /// <summary>The least BM25 score, as a share of what the question's words weigh; half of the best one's is needed as well.</summary>
    [Range(0.0, 10.0)]
    public double MinScore { get; init; } = 0.15;

    /// <summary>The least cosine of vectors: it depends on the model.</summary>
    [Range(-1.0, 1.0)]
    public double MinSimilarity { get; init; } = 0.35;

    /// <summary>The embedding model, by its name on the endpoint or in the store.</summary>
    public string? Model { get; init; }

    /// <summary>Whether a session that shares its user's memory also finds exchanges of that user's other sessions that do.</summary>
    public bool OtherSessions { get; init; }
}
