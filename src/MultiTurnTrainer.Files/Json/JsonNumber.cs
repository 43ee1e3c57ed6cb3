namespace MultiTurnTrainer.Files.Json;

/// <summary>Numbers as RFC 8259 writes them.</summary>
internal static class JsonNumber
{
    /// <summary>Bytes of the number at the start of a text, or 0 when there is none.</summary>
    /// <param name="text">The text.</param>
    /// <param name="isLong">Whether it has an exponent or so many digits that its range is worth a look.</param>
    public static int Length(ReadOnlySpan<byte> text, out bool isLong)
    {
        isLong = false;
        int at = text is [(byte)'-', ..] ? 1 : 0;
        int digits = Digits(text, at);
        if (digits == 0 || (digits > 1 && text[at] == (byte)'0'))
        {
            return 0;
        }

        at += digits;
        isLong = digits > 15;
        if (at < text.Length && text[at] == (byte)'.')
        {
            int fraction = Digits(text, at + 1);
            if (fraction == 0)
            {
                return 0;
            }

            at += fraction + 1;
        }

        if (at < text.Length && text[at] is (byte)'e' or (byte)'E')
        {
            at++;
            at += at < text.Length && text[at] is (byte)'+' or (byte)'-' ? 1 : 0;
            int exponent = Digits(text, at);
            if (exponent == 0)
            {
                return 0;
            }

            isLong = true;
            at += exponent;
        }

        return at;
    }

    /// <summary>Why a number does not survive in a 64-bit integer or double; null when it does.</summary>
    public static string? RangeProblem(ReadOnlySpan<byte> number)
    {
        if (!Utf8Parser.TryParse(number, out double value, out int used) || used != number.Length)
        {
            return "cannot be read";
        }

        if (!double.IsFinite(value))
        {
            return "is beyond the range of a double and becomes infinity";
        }

        bool integer = number.IndexOfAny((byte)'.', (byte)'e', (byte)'E') < 0;
        if (integer && !Utf8Parser.TryParse(number, out long _, out used))
        {
            return "is beyond the range of a 64-bit integer";
        }

        return null;
    }

    private static int Digits(ReadOnlySpan<byte> text, int at)
    {
        int start = at;
        while (at < text.Length && text[at] is >= (byte)'0' and <= (byte)'9')
        {
            at++;
        }

        return at - start;
    }
}
