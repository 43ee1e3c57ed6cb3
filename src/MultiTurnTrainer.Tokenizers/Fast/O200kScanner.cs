namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>What differs between the vocabularies that split words as GPT-4o's does, as a type.</summary>
internal interface IO200kKind
{
    /// <summary>The largest number of digits of a word.</summary>
    static abstract int Digits { get; }

    /// <summary>Whether a contraction stays with its word.</summary>
    static abstract bool KeepsContractions { get; }
}

/// <summary>GPT-4o, gpt-oss.</summary>
internal readonly struct Gpt4o : IO200kKind
{
    /// <summary>The pattern.</summary>
    public const string Pattern =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
        + @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|"
        + @"\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <inheritdoc/>
    public static int Digits => 3;

    /// <inheritdoc/>
    public static bool KeepsContractions => true;
}

/// <summary>Mistral's tekken.</summary>
internal readonly struct Tekken : IO200kKind
{
    /// <summary>The pattern.</summary>
    public const string Pattern =
        @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|"
        + @"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*|"
        + @"\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+";

    /// <inheritdoc/>
    public static int Digits => 1;

    /// <inheritdoc/>
    public static bool KeepsContractions => false;
}

/// <summary>Words that do not go from lower to upper case; signs with the newlines and slashes behind them.</summary>
internal readonly struct O200kScanner<TKind> : IWordScanner
    where TKind : struct, IO200kKind
{
    private const int Known = ScalarFlags.Letter | ScalarFlags.Number | ScalarFlags.Space;

    /// <inheritdoc/>
    public static int PartEnd(ref byte text, int length, int at) => length;

    /// <inheritdoc/>
    public static int WordEnd(ref byte text, int length, int at)
    {
        int flags = ScalarFlags.At(ref text, at, out int size);
        int next = at + size;
        if ((flags & ScalarFlags.Letter) != 0)
        {
            int end = LowerWord(ref text, length, at);
            return Contracted(ref text, length, end > at ? end : UpperWord(ref text, length, at));
        }

        if ((flags & ScalarFlags.Number) != 0)
        {
            return Digits.End(ref text, length, next, TKind.Digits);
        }

        int following = next < length ? ScalarFlags.At(ref text, next, out _) : ScalarFlags.Space;
        if ((flags & ScalarFlags.Newline) == 0 && (following & (ScalarFlags.Upper | ScalarFlags.Lower)) != 0)
        {
            // One scalar that is neither letter nor number may precede the word. A mark may also begin it.
            int end = LowerWord(ref text, length, next);
            if (end > next)
            {
                return Contracted(ref text, length, end);
            }

            if ((flags & ScalarFlags.Mark) == 0)
            {
                end = UpperWord(ref text, length, next);
                if (end > next)
                {
                    return Contracted(ref text, length, end);
                }
            }
        }

        if ((flags & ScalarFlags.Mark) != 0)
        {
            return Contracted(ref text, length, LowerWord(ref text, length, at));
        }

        byte first = Unsafe.Add(ref text, at);
        int signs = first == ' ' && (following & Known) == 0 ? next : at;
        if (signs == next || (flags & ScalarFlags.Space) == 0)
        {
            int end = ScalarFlags.RunEndWithout(ref text, length, signs, Known);
            while (end < length && Unsafe.Add(ref text, end) is (byte)'\r' or (byte)'\n' or (byte)'/')
            {
                end++;
            }

            return end;
        }

        return Whitespace.EndAtNewline(ref text, length, at);
    }

    // [upper]*[lower]+ ; the position itself where it does not match.
    private static int LowerWord(ref byte text, int length, int at)
    {
        int lastLower = at;
        while (at < length)
        {
            int flags = ScalarFlags.At(ref text, at, out int size);
            if ((flags & ScalarFlags.Upper) == 0)
            {
                return (flags & ScalarFlags.Lower) != 0
                    ? ScalarFlags.RunEnd(ref text, length, at + size, ScalarFlags.Lower)
                    : lastLower;
            }

            at += size;
            lastLower = (flags & ScalarFlags.Lower) != 0 ? at : lastLower;
        }

        return lastLower;
    }

    // [upper]+[lower]* where [upper]*[lower]+ has failed: capitals only.
    private static int UpperWord(ref byte text, int length, int at) =>
        ScalarFlags.RunEnd(ref text, length, at, ScalarFlags.Upper);

    private static int Contracted(ref byte text, int length, int at) =>
        TKind.KeepsContractions && at < length && Unsafe.Add(ref text, at) == '\''
            ? Contractions.EndIgnoringCase(ref text, length, at)
            : at;
}
