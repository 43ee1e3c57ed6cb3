namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>
/// <c>Unigram</c>: the segmentation of the highest score (Viterbi). A scalar that is no token costs the lowest score
/// less ten; neighbouring unknown ones are one token.
/// </summary>
internal sealed class UnigramModel : ITokenModel
{
    private const double UnknownPenalty = 10;
    private readonly ByteTrie _trie = new();
    private readonly double[] _scores;
    private readonly double _unknownScore;
    private readonly int _unknown;
    private readonly int[]? _bytes;

    /// <summary>Builds the model.</summary>
    /// <param name="vocabulary">The tokens; where one occurs twice, the later index counts.</param>
    /// <param name="scores">The score of every index.</param>
    /// <param name="unknown">The unknown token's index, or −1.</param>
    /// <param name="byteFallback">Whether unknown text becomes <c>&lt;0xNN&gt;</c> tokens.</param>
    public UnigramModel(Vocabulary vocabulary, double[] scores, int unknown, bool byteFallback)
    {
        Vocabulary = vocabulary;
        _scores = scores;
        _unknown = unknown;
        double lowest = double.PositiveInfinity;
        foreach (double score in scores)
        {
            lowest = score < lowest ? score : lowest;
        }

        _unknownScore = lowest - UnknownPenalty;
        for (int i = 0; i < vocabulary.Count; i++)
        {
            _trie.Add(vocabulary.TokenAt(i), vocabulary.IdAt(i));
        }

        _bytes = byteFallback ? ByteTokens.Find(vocabulary) : null;
    }

    /// <summary>The unknown token's id, or −1.</summary>
    public int Unknown => _unknown;

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
        int unknownEnd = -1;
        for (int end = word.Length; end > 0; )
        {
            Node node = best[end];
            if (node.Id == _unknown)
            {
                unknownEnd = unknownEnd < 0 ? end : unknownEnd;
            }
            else
            {
                AddReversed(word, end, ref unknownEnd, tokens);
                tokens.Add(new ModelToken(node.Id, node.Start, end));
            }

            end = node.Start;
        }

        AddReversed(word, 0, ref unknownEnd, tokens);
        tokens.Reverse(first, tokens.Count - first);
        ArrayPool<Node>.Shared.Return(best);
    }

    private void FindBestPath(ReadOnlySpan<byte> word, Node[] best)
    {
        StepLimit limit = new(word.Length);
        for (int start = 0; start < word.Length; )
        {
            double score = best[start].Score;
            int scalarLength = Utf8.LengthOf(word[start]);
            bool hasScalar = false;
            int node = 0;
            int at = start;
            while (at < word.Length)
            {
                node = _trie.Next(node, word[at++]);
                if (node < 0)
                {
                    break;
                }

                int id = _trie.ValueOf(node);
                if (id >= 0)
                {
                    Offer(ref best[at], start, score + _scores[id], id);
                    hasScalar |= at - start == scalarLength;
                }
            }

            limit.Take(at - start);
            if (!hasScalar)
            {
                if (_unknown < 0)
                {
                    ref Node target = ref best[start + scalarLength];
                    if (target.Start < 0 || score + _unknownScore > target.Score)
                    {
                        throw new TokenizationException("an unknown character, and the model has no unk_id");
                    }
                }
                else
                {
                    Offer(ref best[start + scalarLength], start, score + _unknownScore, _unknown);
                }
            }

            start += scalarLength;
        }
    }

    private static void Offer(ref Node node, int start, double score, int id)
    {
        if (node.Start < 0 || score > node.Score)
        {
            node = new Node(start, score, id);
        }
    }

    // The run of unknown scalars that ends at unknownEnd, backwards: one token, or one for every byte.
    private void AddReversed(ReadOnlySpan<byte> word, int start, ref int unknownEnd, List<ModelToken> tokens)
    {
        if (unknownEnd < 0)
        {
            return;
        }

        ReadOnlySpan<byte> run = word[start..unknownEnd];
        int id = Vocabulary.IdOf(run);
        if (id >= 0)
        {
            tokens.Add(new ModelToken(id, start, unknownEnd));
        }
        else if (_bytes is not null && ByteTokens.HasAll(_bytes, run))
        {
            for (int i = run.Length - 1; i >= 0; i--)
            {
                tokens.Add(new ModelToken(_bytes[run[i]], start, unknownEnd));
            }
        }
        else
        {
            tokens.Add(new ModelToken(_unknown, start, unknownEnd));
        }

        unknownEnd = -1;
    }

    private readonly record struct Node(int Start, double Score, int Id);
}
