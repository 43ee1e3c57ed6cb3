namespace MultiTurnTrainer.Tokenizers.Lines;

/// <summary>A text to encode.</summary>
/// <param name="Number">The line it stands on, from 1.</param>
/// <param name="Text">The text; lone surrogates have become U+FFFD.</param>
internal readonly record struct TextLine(int Number, string Text);
