using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.PreTokenizers;

/// <summary><c>ByteLevel</c>: GPT-2's pattern where asked for, then bytes become letters of the byte-level alphabet.</summary>
internal sealed class ByteLevelPreTokenizer(bool addPrefixSpace, bool useRegex) : IPreTokenizer
{
    /// <summary>GPT-2's pattern.</summary>
    public const string Pattern = @"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+";

    private static readonly SplitPreTokenizer Words = new(
        new Regex.OnigRegex(Pattern),
        SplitBehavior.Isolated,
        invert: false
    );

    /// <summary>Whether a space is put before a piece that does not begin with one.</summary>
    public bool AddPrefixSpace => addPrefixSpace;

    /// <summary>Whether GPT-2's pattern is used.</summary>
    public bool UseRegex => useRegex;

    /// <inheritdoc/>
    public void PreTokenize(PieceText text)
    {
        if (addPrefixSpace)
        {
            text.Rewrite(
                static (source, piece, target) =>
                {
                    if (piece.Length > 0 && source.Bytes[piece.Start] != ' ')
                    {
                        Prefix.Write(source, piece, target, " "u8);
                    }
                    else
                    {
                        target.Append(source, piece.Start, piece.Length);
                    }
                }
            );
        }

        if (useRegex)
        {
            Words.PreTokenize(text);
        }

        text.Rewrite(ByteAlphabet.Rewrite);
    }
}
