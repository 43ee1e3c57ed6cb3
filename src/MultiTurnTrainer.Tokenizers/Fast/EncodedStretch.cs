namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>A stretch of the text and how many ids it has become.</summary>
/// <param name="Start">First byte.</param>
/// <param name="End">One past the last byte.</param>
/// <param name="Ids">The number of ids.</param>
internal readonly record struct EncodedStretch(int Start, int End, int Ids)
{
    /// <summary>Of an added token: where it begins without the whitespace that it takes; else −1.</summary>
    public int ContentStart { get; init; } = -1;

    /// <summary>Of an added token: where it ends without the whitespace that it takes.</summary>
    public int ContentEnd { get; init; }

    /// <summary>Whether a mark was put before it.</summary>
    public bool HasPrefix { get; init; }

    /// <summary>Its bytes as they were encoded, in NFC where the tokenizer asks for that.</summary>
    public int Length { get; init; }

    /// <summary>The first of its rewritten scalars.</summary>
    public int Rewritten { get; init; }

    /// <summary>One past the last of its rewritten scalars.</summary>
    public int RewrittenEnd { get; init; }

    /// <summary>Whether it is one added token.</summary>
    public bool IsAdded => ContentStart >= 0;
}
