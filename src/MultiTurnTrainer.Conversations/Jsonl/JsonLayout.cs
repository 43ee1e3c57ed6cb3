namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>How rows lie in a JSON file.</summary>
internal enum JsonLayout
{
    /// <summary>A row a line.</summary>
    Lines,

    /// <summary>The elements of one array.</summary>
    Array,

    /// <summary>Values one after another, over as many lines as they like.</summary>
    Values,
}

/// <summary>Tells the layout from how a file begins.</summary>
internal static class JsonLayouts
{
    /// <summary>The layout of a file that begins with these bytes (all of it, or enough to judge by).</summary>
    public static JsonLayout Of(ReadOnlySpan<byte> text)
    {
        ReadOnlySpan<byte> head = text.TrimStart(" \t\r\n"u8);
        if (head.IsEmpty || head[0] is not ((byte)'[' or (byte)'{'))
        {
            return JsonLayout.Lines;
        }

        int lineEnd = head.IndexOf((byte)'\n');
        ReadOnlySpan<byte> first = lineEnd < 0 ? head : head[..lineEnd];
        ReadOnlySpan<byte> rest = lineEnd < 0 ? [] : head[lineEnd..].TrimStart(" \t\r\n"u8);
        bool rows = head[0] == (byte)'[' && !BeginsWithMessage(head);
        ValueScanner scanner = default;
        int closed = scanner.Advance(first, out _);
        if (closed >= 0)
        {
            // A whole value on the first line: a lone array is a file of rows.
            bool alone = rest.IsEmpty && first[closed..].Trim(" \t\r"u8).IsEmpty;
            return rows && alone ? JsonLayout.Array : JsonLayout.Lines;
        }

        if (rows)
        {
            return JsonLayout.Array;
        }

        // The first line is cut inside a string, or another row follows it: lines. Otherwise a value over many lines.
        bool pretty = lineEnd >= 0 && !scanner.InString && !(rest is [var next, ..] && next == head[0]);
        return pretty ? JsonLayout.Values : JsonLayout.Lines;
    }

    /// <summary>Whether a list is one conversation: its first element has a role. Otherwise its elements are rows.</summary>
    private static bool BeginsWithMessage(ReadOnlySpan<byte> list)
    {
        Utf8JsonReader reader = new(list, isFinalBlock: false, default);
        try
        {
            if (!reader.Read() || !reader.Read() || reader.TokenType != JsonTokenType.StartObject)
            {
                return false;
            }

            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
            {
                if (reader.ValueTextEquals("role"u8) || reader.ValueTextEquals("from"u8))
                {
                    return true;
                }

                if (!reader.Read() || !reader.TrySkip())
                {
                    return false;
                }
            }
        }
        catch (JsonException)
        {
            // The rows' own findings say what is wrong.
        }

        return false;
    }
}
