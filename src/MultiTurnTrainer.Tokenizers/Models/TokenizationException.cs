namespace MultiTurnTrainer.Tokenizers.Models;

/// <summary>A text that a model cannot tokenize, such as an unknown word where there is no unknown token.</summary>
internal sealed class TokenizationException(string message) : Exception(message);
