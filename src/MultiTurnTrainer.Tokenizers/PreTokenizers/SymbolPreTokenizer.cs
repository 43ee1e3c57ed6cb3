using MultiTurnTrainer.Tokenizers.Models;
using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.PreTokenizers;

/// <summary>SentencePiece's user-defined symbols in a BPE model: the longest from the left on are tokens, which nothing joins.</summary>
internal sealed class SymbolPreTokenizer(ByteTrie symbols) : IPreTokenizer
{
    /// <inheritdoc/>
    public void PreTokenize(PieceText text) =>
        text.Split(
            (piece, target) =>
            {
                StepLimit limit = new(piece.Length);
                int start = piece.Start;
                for (int at = piece.Start; at < piece.End; )
                {
                    int id = symbols.Longest(text.Text.Bytes[at..piece.End], out int length, ref limit);
                    if (id < 0)
                    {
                        at += Utf8.LengthOf(text.Text.Bytes[at]);
                        continue;
                    }

                    if (start < at)
                    {
                        target.Add(text.Slice(start, at - start));
                    }

                    target.Add(text.Slice(at, length, id));
                    at += length;
                    start = at;
                }

                if (start < piece.End)
                {
                    target.Add(text.Slice(start, piece.End - start));
                }
            }
        );
}
