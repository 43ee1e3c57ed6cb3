namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>
/// DeepSeek-V3: three splits, one inside the other: numbers of up to three digits, runs of Chinese and kana, and words
/// that a punctuation mark may precede.
/// </summary>
internal readonly struct DeepSeekScanner : IWordScanner
{
    /// <summary>The three patterns, in order.</summary>
    public static readonly string[] Patterns =
    [
        @"\p{N}{1,3}",
        "[一-龥぀-ゟ゠-ヿ]+",
        "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*"
            + "|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
    ];

    private const int LetterOrMark = ScalarFlags.Letter | ScalarFlags.Mark;

    /// <inheritdoc/>
    public static int PartEnd(ref byte text, int length, int at)
    {
        int start = at;
        bool cjk = IsCjk(ref text, at);
        int flags = ScalarFlags.At(ref text, at, out int size);
        at += size;
        if ((flags & ScalarFlags.Number) != 0 && !cjk)
        {
            return Digits.End(ref text, length, at, 3);
        }

        while (at < length)
        {
            flags = ScalarFlags.At(ref text, at, out size);
            if ((flags & ScalarFlags.Number) != 0 || (size == 3 && IsCjk(ref text, at)) != cjk)
            {
                break;
            }

            at += size;
        }

        return at > start ? at : start + size;
    }

    /// <inheritdoc/>
    public static int WordEnd(ref byte text, int length, int at)
    {
        int end = Match(ref text, length, at);
        if (end > at)
        {
            return end;
        }

        // What nothing matches is a word of its own, up to the next match.
        do
        {
            ScalarFlags.At(ref text, at, out int size);
            at += size;
        } while (at < length && Match(ref text, length, at) == at);
        return at;
    }

    private static int Match(ref byte text, int length, int at)
    {
        int flags = ScalarFlags.At(ref text, at, out int size);
        int next = at + size;
        if ((flags & LetterOrMark) != 0)
        {
            return ScalarFlags.LetterRunEnd(ref text, length, next, LetterOrMark);
        }

        byte first = Unsafe.Add(ref text, at);
        if ((flags & ScalarFlags.Sign) != 0)
        {
            if (first < 0x80 && next < length && char.IsAsciiLetter((char)Unsafe.Add(ref text, next)))
            {
                do
                {
                    next++;
                } while (next < length && char.IsAsciiLetter((char)Unsafe.Add(ref text, next)));
                return next;
            }
        }
        else if ((flags & ScalarFlags.Newline) == 0 && next < length)
        {
            if ((ScalarFlags.At(ref text, next, out size) & LetterOrMark) != 0)
            {
                return ScalarFlags.LetterRunEnd(ref text, length, next + size, LetterOrMark);
            }
        }

        int signs = first == ' ' ? next : at;
        int end = ScalarFlags.RunEnd(ref text, length, signs, ScalarFlags.Sign);
        if (end > signs)
        {
            return ScalarFlags.RunEnd(ref text, length, end, ScalarFlags.Newline);
        }

        return (flags & ScalarFlags.Space) != 0 ? Whitespace.EndAtNewline(ref text, length, at) : at;
    }

    private static bool IsCjk(ref byte text, int at)
    {
        int lead = Unsafe.Add(ref text, at);
        if (lead is < 0xE3 or > 0xE9)
        {
            return false;
        }

        int scalar = ScalarFlags.Decode(ref Unsafe.Add(ref text, at), lead, out _);
        return scalar is (>= 0x4E00 and <= 0x9FA5) or (>= 0x3040 and <= 0x30FF);
    }
}
