using MultiTurnTrainer.Tokenizers.Models;

namespace MultiTurnTrainer.Tokenizers.Loading.SentencePiece;

/// <summary>
/// The merges of a SentencePiece BPE model. There two neighbours merge wherever the text of both is a piece, the highest
/// score first, the leftmost of equal ones: so every split of a piece into two is a merge, and pieces of one score share a
/// rank.
/// </summary>
internal static class PieceMerges
{
    /// <summary>The table.</summary>
    /// <exception cref="TokenizerFormatException">The model holds what such a table cannot say.</exception>
    public static MergeTable Of(SentencePieceModel model, Vocabulary vocabulary)
    {
        RefuseOddPieces(model);
        List<(int Left, int Right, int Id)> merges = new(model.Pieces.Count * 3);
        List<int> ranks = new(model.Pieces.Count * 3);
        float score = float.NaN;
        int rank = -1;
        foreach (int id in OrdinaryByScore(model))
        {
            rank += model.Pieces[id].Score == score ? 0 : 1;
            score = model.Pieces[id].Score;
            AddSplits(model, vocabulary, id, merges);
            ranks.AddRange(Enumerable.Repeat(rank, merges.Count - ranks.Count));
        }

        return new MergeTable(CollectionsMarshal.AsSpan(merges), CollectionsMarshal.AsSpan(ranks));
    }

    private static IEnumerable<int> OrdinaryByScore(SentencePieceModel model) =>
        Enumerable
            .Range(0, model.Pieces.Count)
            .Where(id => model.Pieces[id].Kind == PieceKind.Normal)
            .OrderByDescending(id => model.Pieces[id].Score);

    private static void AddSplits(
        SentencePieceModel model,
        Vocabulary vocabulary,
        int id,
        List<(int Left, int Right, int Id)> merges
    )
    {
        ReadOnlySpan<byte> text = model.Pieces[id].Text;
        for (int at = Utf8.LengthOf(text[0]); at < text.Length; at += Utf8.LengthOf(text[at]))
        {
            bool known = IsSymbol(model, vocabulary, text[..at], out int left);
            known &= IsSymbol(model, vocabulary, text[at..], out int right);
            if (!known)
            {
                continue;
            }

            if (left < 0 || right < 0)
            {
                throw Unsupported(model, id, "is made of a character that is no piece");
            }

            merges.Add((left, right, id));
        }
    }

    // What can stand beside another while merging: an ordinary piece, or a single scalar that is no piece.
    private static bool IsSymbol(SentencePieceModel model, Vocabulary vocabulary, ReadOnlySpan<byte> text, out int id)
    {
        id = vocabulary.IdOf(text);
        return id >= 0 ? model.Pieces[id].Kind == PieceKind.Normal : Utf8.LengthOf(text[0]) == text.Length;
    }

    private static void RefuseOddPieces(SentencePieceModel model)
    {
        for (int id = 0; id < model.Pieces.Count; id++)
        {
            ModelPiece piece = model.Pieces[id];
            bool single = Utf8.LengthOf(piece.Text[0]) == piece.Text.Length;
            if (piece.Kind == PieceKind.Unused || (single && piece.Kind is PieceKind.Control or PieceKind.Unknown))
            {
                throw Unsupported(model, id, "is unused, or control and of one character");
            }
        }
    }

    private static TokenizerFormatException Unsupported(SentencePieceModel model, int id, string what) =>
        new($"piece {id}, \"{Utf8.GetString(model.Pieces[id].Text)}\", {what}: this is not supported in a BPE model");
}
