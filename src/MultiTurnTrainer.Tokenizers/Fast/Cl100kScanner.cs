namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>How many digits a word may have, as a type.</summary>
internal interface IDigitLimit
{
    /// <summary>The largest number of digits.</summary>
    static abstract int Value { get; }
}

/// <summary>One digit, as Qwen has it.</summary>
internal readonly struct OneDigit : IDigitLimit
{
    /// <inheritdoc/>
    public static int Value => 1;
}

/// <summary>Three digits, as GPT-4 and Llama 3 have it.</summary>
internal readonly struct ThreeDigits : IDigitLimit
{
    /// <inheritdoc/>
    public static int Value => 3;
}

/// <summary>
/// GPT-4, Llama 3, Qwen: <c>(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,n}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+</c>.
/// </summary>
internal readonly struct Cl100kScanner<TDigits> : IWordScanner
    where TDigits : struct, IDigitLimit
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
            return ScalarFlags.LetterRunEnd(ref text, length, next, ScalarFlags.Letter);
        }

        if ((flags & ScalarFlags.Number) != 0)
        {
            return Digits.End(ref text, length, next, TDigits.Value);
        }

        byte first = Unsafe.Add(ref text, at);
        if (first == '\'')
        {
            int end = Contractions.EndIgnoringCase(ref text, length, at);
            if (end > at)
            {
                return end;
            }
        }

        int following = next < length ? ScalarFlags.At(ref text, next, out size) : ScalarFlags.Space;
        if ((flags & ScalarFlags.Newline) == 0 && (following & ScalarFlags.Letter) != 0)
        {
            return ScalarFlags.LetterRunEnd(ref text, length, next + size, ScalarFlags.Letter);
        }

        int signs = first == ' ' && (following & Known) == 0 ? next : at;
        if (signs == next || (flags & ScalarFlags.Space) == 0)
        {
            int end = ScalarFlags.RunEndWithout(ref text, length, signs, Known);
            return ScalarFlags.RunEnd(ref text, length, end, ScalarFlags.Newline);
        }

        return Whitespace.EndAtNewline(ref text, length, at);
    }
}
