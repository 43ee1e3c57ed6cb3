namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary><c>WordLevel</c>: a word is a token, or unknown.</summary>
internal sealed class WordLevelModel(Vocabulary vocabulary, string unknown) : ITokenModel
{
    private readonly int _unknown = vocabulary.IdOf(Utf8.GetBytes(unknown));

    /// <inheritdoc/>
    public Vocabulary Vocabulary => vocabulary;

    /// <inheritdoc/>
    public int Size => vocabulary.Count;

    /// <inheritdoc/>
    public void Tokenize(ReadOnlySpan<byte> word, List<ModelToken> tokens)
    {
        int id = vocabulary.IdOf(word);
        id = id >= 0 ? id : _unknown;
        if (id < 0)
        {
            throw new TokenizationException($"an unknown word, and the vocabulary has no \"{unknown}\"");
        }

        tokens.Add(new ModelToken(id, 0, word.Length));
    }
}
