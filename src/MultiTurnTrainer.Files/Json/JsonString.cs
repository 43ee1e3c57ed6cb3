namespace MultiTurnTrainer.Files.Json;

/// <summary>Escapes inside JSON strings.</summary>
internal static class JsonString
{
    /// <summary>Steps over one escape, from its backslash to the byte after it.</summary>
    public static JsonProblem? Escape(ReadOnlySpan<byte> text, ref int at, ref JsonFlags flags)
    {
        flags |= JsonFlags.Escaped;
        if (at + 1 >= text.Length)
        {
            return JsonProblem.Ends(text.Length, "inside a string that began earlier");
        }

        switch (text[at + 1])
        {
            case (byte)'"' or (byte)'\\' or (byte)'/' or (byte)'b' or (byte)'f' or (byte)'n' or (byte)'r' or (byte)'t':
                at += 2;
                return null;
            case (byte)'u':
                int code = Hex(text, at + 2);
                if (code < 0)
                {
                    return new JsonProblem(at, "\\u needs four hexadecimal digits");
                }

                at += 6;
                flags |= JsonFlags.UnicodeEscape;
                if (code == 0)
                {
                    flags |= JsonFlags.Nul;
                }
                else if (code is >= 0xDC00 and <= 0xDFFF)
                {
                    flags |= JsonFlags.LoneSurrogate;
                }
                else if (code is >= 0xD800 and <= 0xDBFF)
                {
                    bool pair =
                        at + 1 < text.Length
                        && text[at] == (byte)'\\'
                        && text[at + 1] == (byte)'u'
                        && Hex(text, at + 2) is >= 0xDC00 and <= 0xDFFF;
                    flags |= pair ? JsonFlags.None : JsonFlags.LoneSurrogate;
                    at += pair ? 6 : 0;
                }

                return null;
            default:
                string shown = text[at + 1] is > 0x20 and < 0x7F
                    ? $"\\{(char)text[at + 1]}"
                    : $"\\ before 0x{text[at + 1]:X2}";
                return new JsonProblem(at, $"{shown} is not an escape that JSON knows", "Write a backslash as \\\\.");
        }
    }

    /// <summary>The text of an escaped string; lone surrogates become U+FFFD.</summary>
    public static string Unescape(ReadOnlySpan<byte> raw)
    {
        byte[] buffer = ArrayPool<byte>.Shared.Rent(raw.Length + 4);
        int length = Unescape(raw, buffer);
        string text = Encoding.UTF8.GetString(buffer, 0, length);
        ArrayPool<byte>.Shared.Return(buffer);
        return text;
    }

    /// <summary>Writes the unescaped UTF-8 of an escaped string; never longer than the input.</summary>
    public static int Unescape(ReadOnlySpan<byte> raw, Span<byte> output)
    {
        int written = 0;
        int at = 0;
        while (at < raw.Length)
        {
            int plain = CopyPlain(raw[at..], output[written..]);
            written += plain;
            at += plain;
            if (at >= raw.Length)
            {
                break;
            }

            byte kind = raw[at + 1];
            if (kind != (byte)'u')
            {
                output[written++] = kind switch
                {
                    (byte)'b' => (byte)'\b',
                    (byte)'f' => (byte)'\f',
                    (byte)'n' => (byte)'\n',
                    (byte)'r' => (byte)'\r',
                    (byte)'t' => (byte)'\t',
                    _ => kind,
                };
                at += 2;
                continue;
            }

            int code = Hex(raw, at + 2);
            at += 6;
            if (
                code is >= 0xD800 and <= 0xDBFF
                && at + 6 <= raw.Length
                && raw[at] == (byte)'\\'
                && raw[at + 1] == (byte)'u'
            )
            {
                int low = Hex(raw, at + 2);
                if (low is >= 0xDC00 and <= 0xDFFF)
                {
                    code = 0x10000 + ((code - 0xD800) << 10) + (low - 0xDC00);
                    at += 6;
                }
            }

            Rune rune = Rune.TryCreate(code, out Rune made) ? made : Rune.ReplacementChar;
            written += rune.EncodeToUtf8(output[written..]);
        }

        return written;
    }

    /// <summary>Copies what stands before the next backslash. What lies behind that in the output is left undefined.</summary>
    private static int CopyPlain(ReadOnlySpan<byte> raw, Span<byte> output)
    {
        int at = 0;
        int vectors = Math.Min(raw.Length, output.Length) - Vector256<byte>.Count;
        for (; at <= vectors; at += Vector256<byte>.Count)
        {
            Vector256<byte> bytes = Vector256.Create(raw[at..]);
            bytes.CopyTo(output[at..]);
            uint stops = Vector256.Equals(bytes, Vector256.Create((byte)'\\')).ExtractMostSignificantBits();
            if (stops != 0)
            {
                return at + BitOperations.TrailingZeroCount(stops);
            }
        }

        ReadOnlySpan<byte> rest = raw[at..];
        int plain = rest.IndexOf((byte)'\\');
        rest = plain < 0 ? rest : rest[..plain];
        rest.CopyTo(output[at..]);
        return at + rest.Length;
    }

    /// <summary>Four hexadecimal digits, or −1.</summary>
    public static int Hex(ReadOnlySpan<byte> text, int at)
    {
        if (at + 4 > text.Length)
        {
            return -1;
        }

        int code = 0;
        for (int i = at; i < at + 4; i++)
        {
            int digit = text[i] switch
            {
                >= (byte)'0' and <= (byte)'9' => text[i] - '0',
                >= (byte)'a' and <= (byte)'f' => text[i] - 'a' + 10,
                >= (byte)'A' and <= (byte)'F' => text[i] - 'A' + 10,
                _ => -1,
            };
            if (digit < 0)
            {
                return -1;
            }

            code = (code << 4) | digit;
        }

        return code;
    }
}
