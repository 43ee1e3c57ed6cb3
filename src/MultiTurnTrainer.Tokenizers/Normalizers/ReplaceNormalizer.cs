using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.Normalizers;

/// <summary><c>Replace</c>: every match becomes a literal text, which stands for the end of the match.</summary>
internal sealed class ReplaceNormalizer(ITextPattern pattern, byte[] content) : INormalizer
{
    /// <summary>Whether spaces become U+2581, and nothing else changes.</summary>
    public bool IsSpaceToMark => pattern is LiteralPattern { IsSpace: true } && content.AsSpan().SequenceEqual("▁"u8);

    /// <inheritdoc/>
    public void Normalize(AlignedText source, Piece piece, AlignedText target)
    {
        List<TextMatch> matches = [];
        PatternMatches.Find(pattern, source.Bytes.Slice(piece.Start, piece.Length), piece.Start, matches);
        foreach (TextMatch match in matches)
        {
            if (!match.IsMatch)
            {
                target.Append(source, match.Start, match.End - match.Start);
            }
            else if (match.End == piece.Start)
            {
                target.Append(content, piece.Origin, piece.Origin);
            }
            else
            {
                target.Append(content, source.Starts[match.End - 1], source.Ends[match.End - 1]);
            }
        }
    }
}
