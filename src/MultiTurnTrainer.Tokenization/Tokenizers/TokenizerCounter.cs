using MultiTurnTrainer.Context;

namespace MultiTurnTrainer.Tokenization.Tokenizers;

/// <summary>Counts with a tokenizer. Control tokens written out in the text count as the text they are.</summary>
/// <param name="tokenizer">What encodes.</param>
public sealed class TokenizerCounter(Tokenizer tokenizer) : ITokenCounter
{
    private static readonly EncodeOptions Data = new() { TruncateAndPad = false, RecognizeSpecialTokens = false };

    /// <inheritdoc/>
    public int Count(string text) => tokenizer.Encode(text, Data).Ids.Length;
}
