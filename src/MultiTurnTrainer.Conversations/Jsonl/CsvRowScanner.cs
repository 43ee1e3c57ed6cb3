namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Finds where a CSV row ends: at a line break outside quotes (RFC 4180; a lone CR ends a row too).</summary>
/// <param name="separator">What stands between cells.</param>
internal struct CsvRowScanner(byte separator) : IRowScanner
{
    private static readonly SearchValues<byte> _outside = SearchValues.Create("\"\r\n"u8);
    private static readonly SearchValues<byte> _inside = SearchValues.Create("\"\n"u8);

    // A quote opens a cell at its beginning, and opens it again when it stands directly behind the one that closed it.
    private readonly byte _separator = separator;
    private byte _before = separator;
    private bool _closed;
    private bool _quoted;

    /// <inheritdoc/>
    public int Advance(ReadOnlySpan<byte> text, out int newlines)
    {
        newlines = 0;
        int at = 0;
        while (at < text.Length)
        {
            int found = text[at..].IndexOfAny(_quoted ? _inside : _outside);
            int stop = found < 0 ? text.Length : at + found;
            if (stop > at)
            {
                _before = text[stop - 1];
                _closed = false;
            }

            if (found < 0)
            {
                return -1;
            }

            byte what = text[stop];
            if (what == (byte)'"')
            {
                bool opens = !_quoted && (_closed || _before == _separator);
                _closed = _quoted;
                _quoted = opens;
            }
            else if (!_quoted)
            {
                return stop;
            }
            else
            {
                newlines++;
            }

            _before = what;
            at = stop + 1;
        }

        return -1;
    }
}
