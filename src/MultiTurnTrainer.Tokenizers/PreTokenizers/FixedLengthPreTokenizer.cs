using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.PreTokenizers;

/// <summary><c>FixedLength</c>: pieces of a fixed number of scalars; the last may be shorter.</summary>
internal sealed class FixedLengthPreTokenizer(int length) : IPreTokenizer
{
    /// <inheritdoc/>
    public void PreTokenize(PieceText text) =>
        text.Split(
            (piece, target) =>
            {
                int at = piece.Start;
                while (at < piece.End)
                {
                    int start = at;
                    for (int i = 0; i < length && at < piece.End; i++)
                    {
                        at += Utf8.LengthOf(text.Text.Bytes[at]);
                    }

                    target.Add(text.Slice(start, at - start));
                }
            }
        );
}
