namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>
/// SentencePiece's unigram model: the segmentation of the highest score, in single precision as there, so that ties fall
/// alike. Version 0.1 compares a sum before it is rounded, version 0.2 behind that, which turns some ties round. User-defined symbols always win; a scalar that is no token costs the lowest score less ten.
/// </summary>
internal sealed class SentencePieceUnigram : ITokenModel
{
    private const float UnknownPenalty = 10;
    private const double SymbolPenalty = 0.1;

    // Where SentencePiece's search for the highest score begins: C++'s numeric_limits<float>::min(), above every log-probability.
    private const float SmallestPositive = 1.17549435e-38f;
    private readonly ByteTrie _trie = new();
    private readonly float[] _scores;
    private readonly bool[] _symbols;
    private readonly float _highest;
    private readonly float _unknownScore;
    private readonly int _unknown;
    private readonly int[]? _bytes;
    private readonly bool _comparesUnrounded;

    /// <summary>Builds the model.</summary>
    /// <param name="vocabulary">All pieces, by their index.</param>
    /// <param name="scores">Their scores.</param>
    /// <param name="symbols">Which of them are user-defined symbols.</param>
    /// <param name="normal">Which of them are ordinary pieces.</param>
    /// <param name="unknown">The unknown piece's index.</param>
    /// <param name="byteFallback">Whether unknown text becomes <c>&lt;0xNN&gt;</c> tokens.</param>
    /// <param name="comparesUnrounded">Whether sums are compared as version 0.1 does.</param>
    public SentencePieceUnigram(
        Vocabulary vocabulary,
        float[] scores,
        bool[] symbols,
        bool[] normal,
        int unknown,
        bool byteFallback,
        bool comparesUnrounded
    )
    {
        Vocabulary = vocabulary;
        _scores = scores;
        _symbols = symbols;
        _unknown = unknown;
        _comparesUnrounded = comparesUnrounded;
        _bytes = byteFallback ? ByteTokens.Find(vocabulary) : null;
        float lowest = float.MaxValue;
        _highest = SmallestPositive;
        for (int id = 0; id < scores.Length; id++)
        {
            if (normal[id])
            {
                lowest = Math.Min(lowest, scores[id]);
                _highest = Math.Max(_highest, scores[id]);
            }

            if (normal[id] || symbols[id])
            {
                _trie.Add(vocabulary.TokenAt(id), id);
            }
        }

        _unknownScore = lowest - UnknownPenalty;
    }

    /// <inheritdoc/>
    public Vocabulary Vocabulary { get; }

    /// <inheritdoc/>
    public int Size => _scores.Length;

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<byte> word, List<ModelToken> tokens)
    {
        Node[] best = ArrayPool<Node>.Shared.Rent(word.Length + 1);
        best.AsSpan(0, word.Length + 1).Fill(new Node(-1, 0, -1));
        FindBestPath(word, best);

        int first = tokens.Count;
        for (int end = word.Length; end > 0; end = best[end].Start)
        {
            AddReversed(word, best[end].Start, end, best[end].Id, first, tokens);
        }

        tokens.Reverse(first, tokens.Count - first);
        ArrayPool<Node>.Shared.Return(best);
    }

    private void FindBestPath(ReadOnlySpan<byte> word, Node[] best)
    {
        StepLimit limit = new(word.Length);
        for (int start = 0; start < word.Length; )
        {
            float score = best[start].Score;
            int scalarLength = Utf8.LengthOf(word[start]);
            bool hasScalar = false;
            int node = 0;
            int at = start;
            while (at < word.Length && (node = _trie.Next(node, word[at])) >= 0)
            {
                int id = _trie.ValueOf(node);
                int length = ++at - start;
                if (id >= 0)
                {
                    double own = _symbols[id] ? length * _highest - SymbolPenalty : _scores[id];
                    Offer(ref best[at], start, own + score, id);
                    hasScalar |= length == scalarLength;
                }
            }

            limit.Take(at - start);
            if (!hasScalar)
            {
                Offer(ref best[start + scalarLength], start, _unknownScore + score, _unknown);
            }

            start += scalarLength;
        }
    }

    private void Offer(ref Node node, int start, double score, int id)
    {
        score = _comparesUnrounded ? score : (float)score;
        if (node.Start < 0 || score > node.Score)
        {
            node = new Node(start, (float)score, id);
        }
    }

    private void AddReversed(ReadOnlySpan<byte> word, int start, int end, int id, int first, List<ModelToken> tokens)
    {
        if (id == _unknown && _bytes is not null)
        {
            for (int at = end - 1; at >= start; at--)
            {
                tokens.Add(new ModelToken(_bytes[word[at]], at, at + 1));
            }
        }
        else if (id == _unknown && tokens.Count > first && tokens[^1].Id == _unknown)
        {
            // Neighbouring unknown scalars are one token.
            tokens[^1] = tokens[^1] with
            {
                Start = start,
            };
        }
        else
        {
            tokens.Add(new ModelToken(id, start, end));
        }
    }

    private readonly record struct Node(int Start, float Score, int Id);
}
