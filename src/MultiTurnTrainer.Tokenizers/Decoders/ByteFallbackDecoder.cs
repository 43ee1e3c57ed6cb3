namespace MultiTurnTrainer.Tokenizers.Decoders;

/// <summary><c>ByteFallback</c>: a run of <c>&lt;0xNN&gt;</c> is UTF-8 as a whole, or U+FFFD for every byte.</summary>
internal sealed class ByteFallbackDecoder : ITokenDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> parts)
    {
        List<string> result = new(parts.Count);
        List<byte> run = [];
        foreach (string part in parts)
        {
            if (ByteOf(part) is { } value)
            {
                run.Add(value);
                continue;
            }

            Flush(run, result);
            result.Add(part);
        }

        Flush(run, result);
        return result;
    }

    private static void Flush(List<byte> run, List<string> result)
    {
        if (run.Count == 0)
        {
            return;
        }

        byte[] bytes = [.. run];
        if (System.Text.Unicode.Utf8.IsValid(bytes))
        {
            result.Add(Utf8.GetString(bytes));
        }
        else
        {
            result.AddRange(Enumerable.Repeat("\uFFFD", bytes.Length));
        }

        run.Clear();
    }

    // Rust reads the two digits: a plus sign may stand for the first.
    private static byte? ByteOf(string token)
    {
        if (token.Length != 6 || !token.StartsWith("<0x", StringComparison.Ordinal) || token[5] != '>')
        {
            return null;
        }

        ReadOnlySpan<char> digits = token.AsSpan(3, 2);
        digits = digits[0] == '+' ? digits[1..] : digits;
        return byte.TryParse(digits, NumberStyles.AllowHexSpecifier, CultureInfo.InvariantCulture, out byte value)
            ? value
            : null;
    }
}
