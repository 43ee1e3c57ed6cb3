namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary><c>WordPiece</c>: the longest token that fits, again and again; one that fits nowhere makes the word unknown.</summary>
internal sealed class WordPieceModel(Vocabulary vocabulary, string unknown, string prefix, int longestWord)
    : ITokenModel
{
    private readonly int _unknown = vocabulary.IdOf(Utf8.GetBytes(unknown));
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

        byte[] candidate = new byte[_prefix.Length + word.Length];
        _prefix.CopyTo(candidate);
        for (int start = 0; start < word.Length; )
        {
            int end = word.Length;
            int id = -1;
            while (end > start)
            {
                ReadOnlySpan<byte> part = word[start..end];
                if (start > 0)
                {
                    part.CopyTo(candidate.AsSpan(_prefix.Length));
                    part = candidate.AsSpan(0, _prefix.Length + part.Length);
                }

                id = vocabulary.IdOf(part);
                if (id >= 0)
                {
                    break;
                }

                end = Utf8.Before(word, end);
            }

            if (id < 0)
            {
                tokens.RemoveRange(first, tokens.Count - first);
                tokens.Add(Unknown(word));
                return;
            }

            tokens.Add(new ModelToken(id, start, end));
            start = end;
        }
    }

    private ModelToken Unknown(ReadOnlySpan<byte> word) =>
        _unknown >= 0
            ? new ModelToken(_unknown, 0, word.Length)
            : throw new TokenizationException($"an unknown word, and the vocabulary has no \"{unknown}\"");
}
