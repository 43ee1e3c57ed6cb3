using System.Numerics;

namespace MultiTurnTrainer.Evaluation.Actions;

/// <summary>Values as Python writes them.</summary>
internal static class PythonText
{
    /// <summary>What <c>repr</c> gives: single quotes unless the text has one and no double quote.</summary>
    public static string Repr(object? value) =>
        value switch
        {
            null => "None",
            bool truth => truth ? "True" : "False",
            string text => Quote(text),
            double number => Real(number),
            long or BigInteger => string.Create(CultureInfo.InvariantCulture, $"{value}"),
            IReadOnlyDictionary<string, object?> pairs =>
                $"{{{string.Join(", ", pairs.Select(pair => $"{Quote(pair.Key)}: {Repr(pair.Value)}"))}}}",
            IEnumerable<object?> items => $"[{string.Join(", ", items.Select(Repr))}]",
            PythonTuple tuple =>
                $"({string.Join(", ", tuple.Items.Select(Repr))}{(tuple.Items.Count == 1 ? "," : "")})",
            _ => throw new ArgumentException("no value of Python's", nameof(value)),
        };

    /// <summary>The text that a string's source stands for; an unknown escape stays as it is.</summary>
    /// <exception cref="FormatException">An escape is cut.</exception>
    public static string Unescape(string source)
    {
        if (!source.Contains('\\', StringComparison.Ordinal))
        {
            return source;
        }

        StringBuilder text = new(source.Length);
        for (int i = 0; i < source.Length; i++)
        {
            if (source[i] != '\\')
            {
                text.Append(source[i]);
                continue;
            }

            char kind = ++i < source.Length ? source[i] : throw new FormatException("a cut escape");
            int digits = kind switch
            {
                'x' => 2,
                'u' => 4,
                'U' => 8,
                _ => 0,
            };
            if (digits > 0)
            {
                text.Append(Scalar(source, i + 1, digits));
                i += digits;
            }
            else
            {
                text.Append(Simple(kind));
            }
        }

        return text.ToString();
    }

    private static string Simple(char kind) =>
        kind switch
        {
            'n' => "\n",
            't' => "\t",
            'r' => "\r",
            '0' => "\0",
            '\\' or '\'' or '"' => kind.ToString(),
            '\n' => "",
            _ => $"\\{kind}",
        };

    private static string Scalar(string source, int at, int digits) =>
        at + digits <= source.Length
        && int.TryParse(
            source.AsSpan(at, digits),
            NumberStyles.AllowHexSpecifier,
            CultureInfo.InvariantCulture,
            out int code
        )
        && code is >= 0 and <= 0x10FFFF and not (>= 0xD800 and <= 0xDFFF)
            ? char.ConvertFromUtf32(code)
            : throw new FormatException("no such character");

    private static string Quote(string text)
    {
        char quote =
            text.Contains('\'', StringComparison.Ordinal) && !text.Contains('"', StringComparison.Ordinal) ? '"' : '\'';
        StringBuilder written = new();
        written.Append(quote);
        foreach (char letter in text)
        {
            written.Append(
                letter switch
                {
                    '\\' => @"\\",
                    '\n' => @"\n",
                    '\r' => @"\r",
                    '\t' => @"\t",
                    _ when letter == quote => $"\\{quote}",
                    < ' ' or '\u007f' => Invariant($"\\x{(int)letter:x2}"),
                    _ => letter.ToString(),
                }
            );
        }

        return written.Append(quote).ToString();
    }

    private static string Real(double number)
    {
        string text = number.ToString("R", CultureInfo.InvariantCulture);
        return
            text.Contains('E', StringComparison.Ordinal)
            || text.Contains('.', StringComparison.Ordinal)
            || !double.IsFinite(number)
            ? text.Replace('E', 'e')
            : text + ".0";
    }
}
