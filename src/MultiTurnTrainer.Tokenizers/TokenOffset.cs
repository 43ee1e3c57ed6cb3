namespace MultiTurnTrainer.Tokenizers;

/// <summary>The part of a text that a token stands for, in Unicode code points.</summary>
/// <param name="Start">First code point.</param>
/// <param name="End">One past the last code point.</param>
public readonly record struct TokenOffset(int Start, int End);
