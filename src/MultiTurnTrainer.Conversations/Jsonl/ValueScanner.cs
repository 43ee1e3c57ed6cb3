namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Finds where a JSON value ends, over chunks, without judging it.</summary>
internal struct ValueScanner : IRowScanner
{
    private static readonly SearchValues<byte> _outside = SearchValues.Create("\"{}[],\n"u8);
    private static readonly SearchValues<byte> _inside = SearchValues.Create("\"\\\n"u8);

    private int _depth;
    private bool _escaped;

    /// <summary>Whether the text so far ends inside a string.</summary>
    public bool InString { get; private set; }

    /// <inheritdoc/>
    public int Advance(ReadOnlySpan<byte> text, out int newlines)
    {
        newlines = 0;
        int at = 0;
        while (at < text.Length)
        {
            if (_escaped)
            {
                _escaped = false;
                newlines += text[at] == (byte)'\n' ? 1 : 0;
                at++;
                continue;
            }

            int found = text[at..].IndexOfAny(InString ? _inside : _outside);
            if (found < 0)
            {
                return -1;
            }

            at += found;
            byte what = text[at];
            if (what == (byte)'\n')
            {
                newlines++;
            }
            else if (InString)
            {
                InString = what != (byte)'"';
                _escaped = what == (byte)'\\';
            }
            else if (what == (byte)'"')
            {
                InString = true;
            }
            else if (what is (byte)'{' or (byte)'[')
            {
                _depth++;
            }
            else if (what == (byte)',')
            {
                if (_depth == 0)
                {
                    return at;
                }
            }
            else if (_depth == 0)
            {
                return at;
            }
            else if (--_depth == 0)
            {
                return at + 1;
            }

            at++;
        }

        return -1;
    }
}
