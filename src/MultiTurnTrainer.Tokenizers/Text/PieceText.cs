namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>A text cut into pieces, on its way through the stages of a tokenizer.</summary>
internal sealed class PieceText
{
    private AlignedText _spare = new();
    private List<Piece> _spareList = [];

    /// <summary>The text that the pieces lie in.</summary>
    public AlignedText Text { get; private set; } = new();

    /// <summary>The pieces in order. Those with a token id are finished.</summary>
    public List<Piece> Pieces { get; private set; } = [];

    /// <summary>A part of a piece, as a new piece whose origin is that of its first byte.</summary>
    public Piece Slice(int start, int length, int tokenId = -1) => new(start, length, Text.Starts[start], tokenId);

    /// <summary>Replaces every unfinished piece by the parts that <paramref name="cut"/> adds to the list.</summary>
    public void Split(Action<Piece, List<Piece>> cut)
    {
        List<Piece> target = _spareList;
        target.Clear();
        foreach (Piece piece in Pieces)
        {
            if (piece.TokenId >= 0)
            {
                target.Add(piece);
            }
            else
            {
                cut(piece, target);
            }
        }

        (_spareList, Pieces) = (Pieces, target);
    }

    /// <summary>Rewrites every unfinished piece: <paramref name="rewrite"/> appends the new text of a piece. Finished pieces keep theirs.</summary>
    public void Rewrite(Action<AlignedText, Piece, AlignedText> rewrite)
    {
        AlignedText target = _spare;
        List<Piece> list = _spareList;
        target.Clear();
        list.Clear();
        foreach (Piece piece in Pieces)
        {
            int start = target.Length;
            if (piece.TokenId >= 0)
            {
                target.Append(Text, piece.Start, piece.Length);
            }
            else
            {
                rewrite(Text, piece, target);
            }

            list.Add(piece with { Start = start, Length = target.Length - start });
        }

        (_spare, Text) = (Text, target);
        (_spareList, Pieces) = (Pieces, list);
    }
}
