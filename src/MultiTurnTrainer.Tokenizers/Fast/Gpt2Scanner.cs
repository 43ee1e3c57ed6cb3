namespace MultiTurnTrainer.Tokenizers.Fast;

/// <summary>GPT-2: <c>'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+</c>.</summary>
internal readonly struct Gpt2Scanner : IWordScanner
{
    private const int Known = ScalarFlags.Letter | ScalarFlags.Number | ScalarFlags.Space;

    /// <inheritdoc/>
    public static int PartEnd(ref byte text, int length, int at) => length;

    /// <inheritdoc/>
    public static int WordEnd(ref byte text, int length, int at)
    {
        byte first = Unsafe.Add(ref text, at);
        if (first == '\'')
        {
            int end = Contractions.End(ref text, length, at);
            if (end > at)
            {
                return end;
            }
        }

        int word = first == ' ' && at + 1 < length ? at + 1 : at;
        int flags = ScalarFlags.At(ref text, word, out int size);
        if ((flags & ScalarFlags.Letter) != 0)
        {
            return ScalarFlags.LetterRunEnd(ref text, length, word + size, ScalarFlags.Letter);
        }

        if ((flags & ScalarFlags.Number) != 0)
        {
            return ScalarFlags.RunEnd(ref text, length, word + size, ScalarFlags.Number);
        }

        return (flags & ScalarFlags.Space) == 0
            ? ScalarFlags.RunEndWithout(ref text, length, word + size, Known)
            : Whitespace.End(ref text, length, at);
    }
}
