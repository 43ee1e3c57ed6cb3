namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary><c>WordPiece</c>: the longest token that fits, again and again; one that fits nowhere makes the word unknown.</summary>
internal sealed class WordPieceModel(Vocabulary vocabulary, string unknown, string prefix, int longestWord)
    : ITokenModel
{
    private readonly int _unknown = vocabulary.IdOf(Utf8.GetBytes(unknown));
    private readonly ByteTrie _trie = Trie(vocabulary);
    private readonly byte[] _prefix = Utf8.GetBytes(prefix);

    /// <inheritdoc/>
    public Vocabulary Vocabulary => vocabulary;

    /// <inheritdoc/>
    public int Size => vocabulary.Count;

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<byte> word, List<ModelToken> tokens)
    {
        int first = tokens.Count;
        if (Utf8.Count(word) > longestWord)
        {
            tokens.Add(Unknown(word));
            return;
        }

        StepLimit limit = new(word.Length);
        int node = 0;
        for (int start = 0; start < word.Length; )
        {
            int length = 0;
            int id = node < 0 ? -1 : _trie.Longest(node, word[start..], out length, ref limit);
            if (length == 0)
            {
                tokens.RemoveRange(first, tokens.Count - first);
                tokens.Add(Unknown(word));
                return;
            }

            tokens.Add(new ModelToken(id, start, start + length));
            start += length;
            node = _trie.NodeOf(_prefix);
        }
    }

    private static ByteTrie Trie(Vocabulary vocabulary)
    {
        ByteTrie trie = new();
        for (int i = 0; i < vocabulary.Count; i++)
        {
            trie.Add(vocabulary.TokenAt(i), vocabulary.IdAt(i));
        }

        return trie;
    }

    private ModelToken Unknown(ReadOnlySpan<byte> word) =>
        _unknown >= 0
            ? new ModelToken(_unknown, 0, word.Length)
            : throw new TokenizationException($"an unknown word, and the vocabulary has no \"{unknown}\"");
}
