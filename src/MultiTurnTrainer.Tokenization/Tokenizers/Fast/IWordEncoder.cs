namespace MultiTurnTrainer.Tokenization.Tokenizers.Fast;

/// <summary>Turns words that the cache does not know into ids.</summary>
internal interface IWordEncoder
{
    /// <summary>Writes a word's ids; returns their number.</summary>
    /// <param name="word">The word's bytes.</param>
    /// <param name="merger">Merges symbols.</param>
    /// <param name="target">Room for at least one id for every byte.</param>
    int Encode(ReadOnlySpan<byte> word, Merger merger, Span<int> target);
}
