namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>Turns a word into tokens.</summary>
internal interface ITokenModel
{
    /// <summary>The tokens and ids it knows.</summary>
    Vocabulary Vocabulary { get; }

    /// <summary>The number of entries in the model's own list, duplicates included.</summary>
    int Size { get; }

    /// <summary>Adds the tokens of a non-empty word.</summary>
    /// <exception cref="TokenizationException">The text cannot be expressed in this vocabulary.</exception>
    void Tokenize(ReadOnlySpan<byte> word, List<ModelToken> tokens);
}
