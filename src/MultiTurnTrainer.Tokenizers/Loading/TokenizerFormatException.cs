namespace MultiTurnTrainer.Tokenizers.Loading;

/// <summary>A tokenizer file that cannot be used; the message names the place and the reason.</summary>
internal sealed class TokenizerFormatException(string message) : Exception(message);
