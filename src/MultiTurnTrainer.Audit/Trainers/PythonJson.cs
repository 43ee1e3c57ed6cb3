namespace MultiTurnTrainer.Audit.Trainers;

/// <summary>JSON as Python's <c>json.dumps(value, ensure_ascii=False)</c> writes it.</summary>
internal static class PythonJson
{
    /// <summary>The text of a value.</summary>
    /// <param name="value">The value.</param>
    /// <param name="indent">Spaces a level, each value on its own line; 0 writes one line.</param>
    public static string Dump(object? value, int indent = 0)
    {
        StringBuilder text = new();
        Write(text, value, indent, 0);
        return text.ToString();
    }

    private static void Write(StringBuilder text, object? value, int indent, int depth)
    {
        switch (value)
        {
            case null:
                text.Append("null");
                break;
            case JsonFields owner:
                WriteItems(
                    text,
                    "{}",
                    owner,
                    indent,
                    depth,
                    member =>
                    {
                        Quote(text, member.Key);
                        text.Append(": ");
                        Write(text, member.Value, indent, depth + 1);
                    }
                );
                break;
            case List<object?> list:
                WriteItems(text, "[]", list, indent, depth, item => Write(text, item, indent, depth + 1));
                break;
            case string word:
                Quote(text, word);
                break;
            case bool flag:
                text.Append(flag ? "true" : "false");
                break;
            default:
                text.Append(Number($"{value}"));
                break;
        }
    }

    private static void WriteItems<T>(
        StringBuilder text,
        string brackets,
        ICollection<T> items,
        int indent,
        int depth,
        Action<T> write
    )
    {
        text.Append(brackets[0]);
        bool first = true;
        foreach (T item in items)
        {
            text.Append(
                first ? ""
                : indent > 0 ? ","
                : ", "
            );
            first = false;
            Break(text, indent, depth + 1);
            write(item);
        }

        if (!first)
        {
            Break(text, indent, depth);
        }

        text.Append(brackets[1]);
    }

    private static void Break(StringBuilder text, int indent, int depth)
    {
        if (indent > 0)
        {
            text.Append('\n').Append(' ', indent * depth);
        }
    }

    /// <summary>A number as Python writes it once it has read it: a fraction or exponent makes it a float.</summary>
    private static string Number(string raw)
    {
        if (!raw.AsSpan().ContainsAny('.', 'e', 'E'))
        {
            return raw == "-0" ? "0" : raw;
        }

        double number = double.Parse(raw, CultureInfo.InvariantCulture);
        if (double.IsInfinity(number))
        {
            return number > 0 ? "Infinity" : "-Infinity";
        }

        double size = Math.Abs(number);
        if (size == 0 || size is >= 1e-4 and < 1e16)
        {
            string shortest = size.ToString("R", CultureInfo.InvariantCulture);
            string plain = decimal.Parse(shortest, NumberStyles.Float, CultureInfo.InvariantCulture)
                .ToString(CultureInfo.InvariantCulture);
            plain = plain.Contains('.', StringComparison.Ordinal) ? plain : plain + ".0";
            return double.IsNegative(number) ? "-" + plain : plain;
        }

        // 1E+16 is 1e+16, 1E-05 is 1e-05: two digits at least.
        string[] parts = number.ToString("R", CultureInfo.InvariantCulture).Split('E');
        int exponent = int.Parse(parts[1], CultureInfo.InvariantCulture);
        return Invariant($"{parts[0]}e{(exponent < 0 ? '-' : '+')}{Math.Abs(exponent):00}");
    }

    private static void Quote(StringBuilder text, string value)
    {
        text.Append('"');
        foreach (char c in value)
        {
            _ = c switch
            {
                '"' => text.Append("\\\""),
                '\\' => text.Append("\\\\"),
                '\n' => text.Append("\\n"),
                '\r' => text.Append("\\r"),
                '\t' => text.Append("\\t"),
                '\b' => text.Append("\\b"),
                '\f' => text.Append("\\f"),
                < ' ' => text.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}"),
                _ => text.Append(c),
            };
        }

        text.Append('"');
    }
}
