using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.PreTokenizers;

/// <summary>When <c>Metaspace</c> puts its mark before a piece.</summary>
internal enum PrependScheme
{
    /// <summary>Only before the piece that begins the text.</summary>
    First,

    /// <summary>Never.</summary>
    Never,

    /// <summary>Before every piece.</summary>
    Always,
}

/// <summary><c>Metaspace</c>: spaces become a visible mark, which words begin with.</summary>
internal sealed class MetaspacePreTokenizer(int mark, PrependScheme scheme, bool split) : IPreTokenizer
{
    private readonly byte[] _mark = Utf8.GetBytes(new Rune(mark).ToString());

    /// <summary>What stands for a space.</summary>
    public int Mark => mark;

    /// <summary>When a mark is put before a piece.</summary>
    public PrependScheme Scheme => scheme;

    /// <summary>Whether pieces are cut before marks.</summary>
    public bool SplitsWords => split;

    /// <inheritdoc/>
    public void PreTokenize(PieceText text)
    {
        text.Rewrite(
            (source, piece, target) =>
            {
                for (int at = piece.Start; at < piece.End; at++)
                {
                    if (source.Bytes[at] == ' ')
                    {
                        target.Append(_mark, source.Starts[at], source.Ends[at]);
                    }
                    else
                    {
                        target.Append(source, at, 1);
                    }
                }
            }
        );
        text.Rewrite(
            (source, piece, target) =>
            {
                bool marked = source.Bytes.Slice(piece.Start, piece.Length).StartsWith(_mark);
                bool wanted = scheme == PrependScheme.Always || (scheme == PrependScheme.First && piece.Origin == 0);
                if (wanted && !marked)
                {
                    Prefix.Write(source, piece, target, _mark);
                }
                else
                {
                    target.Append(source, piece.Start, piece.Length);
                }
            }
        );
        if (split)
        {
            List<TextMatch> matches = [];
            text.Split(
                (piece, target) =>
                {
                    matches.Clear();
                    ReadOnlySpan<byte> bytes = text.Text.Bytes.Slice(piece.Start, piece.Length);
                    PatternMatches.Find(c => c == mark, bytes, piece.Start, matches);
                    Splitter.Split(text, matches, SplitBehavior.MergedWithNext, target);
                }
            );
        }
    }
}
