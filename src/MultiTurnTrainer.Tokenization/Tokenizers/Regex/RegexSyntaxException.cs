namespace MultiTurnTrainer.Tokenization.Tokenizers.Regex;

/// <summary>A pattern that cannot be compiled. The message says why and where.</summary>
internal sealed class RegexSyntaxException(string message) : Exception(message);
