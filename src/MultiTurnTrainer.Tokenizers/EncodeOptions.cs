namespace MultiTurnTrainer.Tokenizers;

/// <summary>How a text is encoded beside what tokenizer.json says.</summary>
public sealed record EncodeOptions
{
    /// <summary>Whether the post-processor's special tokens are added.</summary>
    public bool AddSpecialTokens { get; init; }

    /// <summary>
    /// Whether the file's <c>truncation</c> and <c>padding</c> apply, as in the reference. Training turns them off: rows
    /// are cut by turns there, and counted.
    /// </summary>
    public bool TruncateAndPad { get; init; } = true;

    /// <summary>Whether control tokens written out in the text become control tokens. Where false, they stay text.</summary>
    public bool RecognizeSpecialTokens { get; init; } = true;

    /// <summary>
    /// Ranges of the text, in UTF-16 units, ascending, that come from data: a special token that touches one is not
    /// recognized. Used with rendered templates, whose own control tokens are real.
    /// </summary>
    public IReadOnlyList<Range> DataRanges { get; init; } = [];

    /// <summary>
    /// Says whether an added token may stand where the text spells it: id, first byte and end in the text's UTF-8,
    /// without the whitespace it would take. Null allows what the other options do.
    /// </summary>
    public Func<int, int, int, bool>? AllowAddedToken { get; init; }
}
