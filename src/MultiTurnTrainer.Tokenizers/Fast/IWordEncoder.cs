namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>Turns words that the cache does not know into ids.</summary>
internal interface IWordEncoder
{
    /// <summary>Where long words may be cut, or null where words come cut already.</summary>
    WordCuts? Cuts { get; }

    /// <summary>The id of a word that is taken whole, or −1.</summary>
    int WholeWord(ReadOnlySpan<byte> word);

    /// <summary>Writes the ids of a word, or of a part of one, by merging; returns their number.</summary>
    /// <param name="word">The word's bytes.</param>
    /// <param name="merger">Merges symbols.</param>
    /// <param name="target">Room for at least one id for every byte.</param>
    int Encode(ReadOnlySpan<byte> word, Merger merger, Span<int> target);

    /// <summary>Puts to ids the bytes of their tokens, where these do not depend on the text.</summary>
    void Measure(Span<int> ids);
}
