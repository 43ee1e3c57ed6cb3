using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.PreTokenizers;

/// <summary><c>Whitespace</c>: the matches of <c>\w+|[^\w\s]+</c>, with the word characters of Rust's regex crate.</summary>
internal sealed class WhitespacePreTokenizer : IPreTokenizer
{
    private enum Kind
    {
        Space,
        Word,
        Other,
    }

    /// <inheritdoc/>
    public void PreTokenize(PieceText text) =>
        text.Split(
            (piece, target) =>
            {
                int start = piece.Start;
                Kind run = Kind.Space;
                for (int at = piece.Start; at < piece.End; )
                {
                    int scalar = Utf8.Decode(text.Text.Bytes, at, out int length);
                    Kind kind =
                        WordCharacters.Contains(scalar) ? Kind.Word
                        : CharClass.IsWhitespace(scalar) ? Kind.Space
                        : Kind.Other;
                    if (kind != run)
                    {
                        Add(start, at, run);
                        (start, run) = (at, kind);
                    }

                    at += length;
                }

                Add(start, piece.End, run);

                void Add(int from, int to, Kind kind)
                {
                    if (kind != Kind.Space && to > from)
                    {
                        target.Add(text.Slice(from, to - from));
                    }
                }
            }
        );
}
