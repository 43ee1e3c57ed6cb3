namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>The patterns' last branches, for a position at whitespace.</summary>
internal static class Whitespace
{
    /// <summary><c>\s+(?!\S)|\s+</c>: a run leaves its last scalar to the word behind it.</summary>
    public static int End(ref byte text, int length, int at)
    {
        int start = at;
        int last = at;
        while (at < length && (ScalarFlags.At(ref text, at, out int size) & ScalarFlags.Space) != 0)
        {
            last = at;
            at += size;
        }

        return at == length || last == start ? at : last;
    }

    /// <summary><c>\s*[\r\n]+|\s+(?!\S)|\s+</c>: a run that holds newlines ends behind the last of them.</summary>
    public static int EndAtNewline(ref byte text, int length, int at)
    {
        int start = at;
        int last = at;
        int newline = -1;
        while (at < length)
        {
            int flags = ScalarFlags.At(ref text, at, out int size);
            if ((flags & ScalarFlags.Space) == 0)
            {
                break;
            }

            last = at;
            at += size;
            newline = (flags & ScalarFlags.Newline) != 0 ? at : newline;
        }

        return newline >= 0 ? newline
            : at == length || last == start ? at
            : last;
    }
}
