namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>A part of an <see cref="AlignedText"/>: a word to tokenize, or an added token already found.</summary>
/// <param name="Start">First byte.</param>
/// <param name="Length">Number of bytes.</param>
/// <param name="Origin">Where the piece lies in the original text, for what was inserted before its first byte.</param>
/// <param name="TokenId">The added token's id, or −1.</param>
internal readonly record struct Piece(int Start, int Length, int Origin, int TokenId)
{
    /// <summary>One past the last byte.</summary>
    public int End => Start + Length;
}
