namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>English contractions behind an apostrophe: <c>'s 't 're 've 'm 'll 'd</c>.</summary>
internal static class Contractions
{
    /// <summary>The end of a contraction that begins at an apostrophe, or the position itself; lower case only.</summary>
    public static int End(ref byte text, int length, int at)
    {
        if (at + 1 >= length)
        {
            return at;
        }

        int first = Unsafe.Add(ref text, at + 1);
        if (first is 's' or 't' or 'm' or 'd')
        {
            return at + 2;
        }

        return at + 2 < length && IsPair(first, Unsafe.Add(ref text, at + 2)) ? at + 3 : at;
    }

    /// <summary>The same without regard to case, the long s included.</summary>
    public static int EndIgnoringCase(ref byte text, int length, int at)
    {
        if (at + 1 >= length)
        {
            return at;
        }

        int first = Unsafe.Add(ref text, at + 1);
        int second = at + 2 < length ? Unsafe.Add(ref text, at + 2) : 0;
        if ((first | 0x20) is 's' or 't' or 'm' or 'd')
        {
            return at + 2;
        }

        if (first == 0xC5 && second == 0xBF)
        {
            return at + 3;
        }

        return first < 0x80 && second < 0x80 && IsPair(first | 0x20, second | 0x20) ? at + 3 : at;
    }

    private static bool IsPair(int first, int second) =>
        (first == 'r' && second == 'e') || (first == 'v' && second == 'e') || (first == 'l' && second == 'l');
}
