using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Datasets.Contexts;

/// <summary>
/// Counts the tokens of one conversation's prompts. A stop token parts texts, so what stands between two of them is
/// tokenized once, however many prompts hold it. Not for several threads.
/// </summary>
internal sealed class PromptTokens
{
    private readonly Tokenizer _tokenizer;
    private readonly string[] _stops;
    private readonly SearchValues<string> _anyStop;
    private readonly Dictionary<string, int> _known = new(StringComparer.Ordinal);
    private readonly Dictionary<string, int>.AlternateLookup<ReadOnlySpan<char>> _lookup;
    private readonly IdBuffer _ids = new();
    private string _opening = "";
    private int _openingTokens;

    /// <param name="model">Template and tokenizer.</param>
    /// <param name="stops">The conversation's stop tokens.</param>
    public PromptTokens(RowModel model, IEnumerable<string> stops)
    {
        _tokenizer = model.Tokenizer;
        _stops = [.. stops.Where(model.PartsText)];
        _anyStop = SearchValues.Create(_stops, StringComparison.Ordinal);
        _lookup = _known.GetAlternateLookup<ReadOnlySpan<char>>();
    }

    /// <summary>Whether any stop token parts texts.</summary>
    public bool IsUsable => _stops.Length > 0;

    /// <summary>The tokens of a prompt in which no text of the data spells a control token.</summary>
    public int Count(ReadOnlySpan<char> prompt)
    {
        int at = EndOfPiece(prompt);
        if (!prompt[..at].SequenceEqual(_opening))
        {
            _opening = prompt[..at].ToString();
            _openingTokens = Encode(_opening);
        }

        int tokens = _openingTokens;
        while (at < prompt.Length)
        {
            ReadOnlySpan<char> piece = prompt.Slice(at, EndOfPiece(prompt[at..]));
            if (!_lookup.TryGetValue(piece, out int known))
            {
                // A tokenizer may put a mark at the beginning of a text: here the piece is not there.
                known = Encode($"{_stops[0]}{piece}") - 1;
                _lookup[piece] = known;
            }

            tokens += known;
            at += piece.Length;
        }

        return tokens;
    }

    private int EndOfPiece(ReadOnlySpan<char> text)
    {
        int at = text.IndexOfAny(_anyStop);
        foreach (string stop in at < 0 ? [] : _stops)
        {
            if (text[at..].StartsWith(stop))
            {
                return at + stop.Length;
            }
        }

        return text.Length;
    }

    private int Encode(string text)
    {
        byte[] utf8 = ArrayPool<byte>.Shared.Rent(Encoding.UTF8.GetMaxByteCount(text.Length));
        _ids.Clear();
        _tokenizer.EncodeIds(utf8.AsSpan(0, Encoding.UTF8.GetBytes(text, utf8)), _ids);
        ArrayPool<byte>.Shared.Return(utf8);
        return _ids.Count;
    }
}
