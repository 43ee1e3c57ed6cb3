namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>A stretch of the text and how many ids it has become.</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">One past the last byte.</param>
/// <param name="Ids">The number of ids.</param>
/// <param name="IsAdded">Whether it is one added token.</param>
/// <param name="HasPrefix">Whether a mark was put before it.</param>
internal readonly record struct EncodedStretch(int Start, int End, int Ids, bool IsAdded, bool HasPrefix);
