// Folder Tokens: tokens of a rendered text, with the bytes that each stands for.
// Refuses to know: roles, weights.

using MultiTurnTrainer.Datasets.Profiling;

namespace MultiTurnTrainer.Datasets.Rows.Tokens;

/// <summary>
/// Tokenizes rendered conversations. Text of data never forms a control token; answers begin and end at a token's edge,
/// as they do when a server tokenizes the prompt and the model writes the answer. One object serves one thread.
/// </summary>
internal sealed class RowTokenizer(TokenizerParts parts, StageClock? clock = null)
{
    // A byte that no token joins to what follows: lets a piece be encoded as the middle of a text.
    private const byte Guard = (byte)'\n';

    private readonly IdBuffer _ids = new();
    private readonly TokenSpans _whole = new();
    private readonly TokenSpans _cut = new();
    private readonly TokenSpans _piece = new();

    /// <summary>Tokenizes a row.</summary>
    /// <param name="text">The rendered conversation.</param>
    /// <param name="starts">Bytes where answers begin, ascending.</param>
    /// <param name="ends">Bytes where answers end, ascending.</param>
    /// <param name="split">Whether a token that lies across such an edge is cut there.</param>
    /// <param name="differing">How many tokens differ between cutting and not cutting.</param>
    /// <returns>The tokens, valid until the next call.</returns>
    public TokenSpans Encode(
        RowText text,
        IReadOnlyList<int> starts,
        IReadOnlyList<int> ends,
        bool split,
        out int differing
    )
    {
        Encode(text, 0, text.Utf8.Length, _whole);
        differing = 0;
        List<int> cuts = [];
        foreach (int start in starts)
        {
            if (start > 0 && _whole.TakesAcross(start))
            {
                cuts.Add(start);
            }
        }

        foreach (int end in ends)
        {
            if (end < text.Utf8.Length && _whole.LiesAcross(end) && !cuts.Contains(end))
            {
                cuts.Add(end);
            }
        }

        if (cuts.Count == 0)
        {
            return _whole;
        }

        cuts.Sort();
        EncodeCut(text, cuts);
        differing = CountDiffering(_cut, _whole);
        return split ? _cut : _whole;
    }

    private void EncodeCut(RowText text, List<int> cuts)
    {
        _cut.Clear();
        int from = 0;
        for (int i = 0; i <= cuts.Count; i++)
        {
            int to = i < cuts.Count ? cuts[i] : text.Utf8.Length;
            int first = Encode(text, from, to, _piece);
            _cut.Append(_piece, first);
            from = to;
        }
    }

    // Returns the first token that belongs to the piece: those before it stand for the guard.
    private int Encode(RowText text, int from, int to, TokenSpans output)
    {
        ReadOnlySpan<byte> piece = text.Utf8.AsSpan(from, to - from);
        output.Clear();
        if (piece.IsEmpty)
        {
            return 0;
        }

        if (TryEncodePlaced(text, piece, from, output))
        {
            return 0;
        }

        bool aligned = TryEncodeFast(piece, output, out bool insertedSpace);
        if (aligned && insertedSpace && from > 0 && TryEncodeGuarded(piece, output, out int first))
        {
            output.Shift(from - 1);
            return HasForgery(text, output) ? EncodeByTheLetter(text, from, to, output) : first;
        }

        output.Shift(from);
        return !aligned || HasForgery(text, output) ? EncodeByTheLetter(text, from, to, output) : 0;
    }

    /// <summary>The way of tokenizers that say themselves which bytes their tokens stand for.</summary>
    private bool TryEncodePlaced(RowText text, ReadOnlySpan<byte> piece, int from, TokenSpans output)
    {
        clock?.Enter(Stage.Encode);
        bool done = parts.Tokenizer.TryEncode(piece, null, output);
        clock?.Enter(Stage.Align);
        if (!done)
        {
            return false;
        }

        output.Shift(from);
        if (HasForgery(text, output))
        {
            done = parts.Tokenizer.TryEncode(
                piece,
                (id, start, end) => IsAllowed(text, id, from + start, from + end),
                output
            );
            output.Shift(from);
        }

        return done;
    }

    private bool TryEncodeFast(ReadOnlySpan<byte> piece, TokenSpans output, out bool insertedSpace)
    {
        insertedSpace = false;

        output.Clear();
        _ids.Clear();
        clock?.Enter(Stage.Encode);
        parts.Tokenizer.EncodeIds(piece, _ids);
        clock?.Enter(Stage.Align);
        return TokenAligner.TryAlign(_ids.Ids, piece, parts.Table, output, out insertedSpace);
    }

    private bool TryEncodeGuarded(ReadOnlySpan<byte> piece, TokenSpans output, out int first)
    {
        byte[] guarded = [Guard, .. piece];
        first = 0;
        if (!TryEncodeFast(guarded, output, out _))
        {
            return false;
        }

        while (first < output.Count && output.Ends[first] <= 1)
        {
            first++;
        }

        return first < output.Count && output.Starts[first] == 1;
    }

    private bool HasForgery(RowText text, TokenSpans tokens)
    {
        // Control tokens are added ones.
        foreach (int i in tokens.Added)
        {
            if (!IsAllowed(text, tokens.Ids[i], tokens.Starts[i], tokens.Ends[i]))
            {
                return true;
            }
        }

        return false;
    }

    private bool IsAllowed(RowText text, int id, int start, int end) =>
        !parts.Control.IsControl(id) || text.MayFormControl(start, end, parts.Control.IsAllowedInAnswer(id));

    // The tokenizer's own offsets: for normalizers that change the text, and where data spells a control token.
    private int EncodeByTheLetter(RowText text, int from, int to, TokenSpans output)
    {
        output.Clear();
        string piece = System.Text.Encoding.UTF8.GetString(text.Utf8.AsSpan(from, to - from));
        TokenizerEncoding encoding = parts.Tokenizer.Encode(
            piece,
            new EncodeOptions
            {
                TruncateAndPad = false,
                AllowAddedToken = (id, start, end) => IsAllowed(text, id, from + start, from + end),
            }
        );
        CodePointBytes bytes = new(piece);
        for (int i = 0; i < encoding.Ids.Length; i++)
        {
            int start = bytes[encoding.Offsets[i].Start];
            int taken = bytes[encoding.Offsets[i].End];
            // SentencePiece's marks and bytes may have an empty range: they stand for the character that follows.
            taken = start < taken ? taken : bytes[encoding.Offsets[i].End + 1];
            int end = taken;
            if (parts.Control.IsAdded(encoding.Ids[i]))
            {
                (start, end) = TrimSpace(text.Utf8, from + start, from + end, from);
            }

            output.Add(encoding.Ids[i], from + start, from + end);
            output.ExtendLast(from + taken);
        }

        return 0;
    }

    private static (int Start, int End) TrimSpace(byte[] utf8, int start, int end, int offset)
    {
        while (start < end && utf8[start] is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r')
        {
            start++;
        }

        while (end > start && utf8[end - 1] is (byte)' ' or (byte)'\n' or (byte)'\t' or (byte)'\r')
        {
            end--;
        }

        return (start - offset, end - offset);
    }

    private static int CountDiffering(TokenSpans cut, TokenSpans whole)
    {
        int differing = 0;
        int other = 0;
        for (int i = 0; i < cut.Count; i++)
        {
            while (other < whole.Count && whole.Starts[other] < cut.Starts[i])
            {
                other++;
            }

            // Tokens of one character's bytes share a start: look at all of them.
            bool same = false;
            for (int j = other; j < whole.Count && whole.Starts[j] == cut.Starts[i]; j++)
            {
                same |= whole.Ids[j] == cut.Ids[i] && whole.Ends[j] == cut.Ends[i];
            }

            differing += same ? 0 : 1;
        }

        return differing;
    }
}
