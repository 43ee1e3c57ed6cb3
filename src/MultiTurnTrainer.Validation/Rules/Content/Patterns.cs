// Folder Content: rules on what texts say.
// Refuses to know: files, reports.

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>Personal and secret patterns in UTF-8 text, shown masked. Each begins with one vectorised search.</summary>
internal static class Patterns
{
    private static readonly SearchValues<byte> _mailWord = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-"u8
    );

    private static readonly SearchValues<byte> _keyWord = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"u8
    );

    /// <summary>What a key begins with, how many characters of <see cref="_keyWord"/> follow at least, and what it is.</summary>
    private static readonly Dictionary<string, (int Least, string What)> _keys = new(StringComparer.Ordinal)
    {
        ["sk-"] = (20, "an API key"),
        ["AKIA"] = (16, "an AWS key"),
        ["ASIA"] = (16, "an AWS key"),
        ["ghp_"] = (36, "a GitHub token"),
        ["gho_"] = (36, "a GitHub token"),
        ["ghs_"] = (36, "a GitHub token"),
        ["github_pat_"] = (40, "a GitHub token"),
        ["hf_"] = (30, "a Hugging Face token"),
        ["glpat-"] = (20, "a GitLab token"),
        ["xoxb-"] = (20, "a Slack token"),
        ["xoxp-"] = (20, "a Slack token"),
        ["sk_live_"] = (20, "a Stripe key"),
        ["AIza"] = (35, "a Google key"),
        ["-----BEGIN "] = (0, "a private key"),
    };

    private static readonly TextSearch _keySearch = new(_keys.Keys);

    /// <summary>A mail address, masked; null when there is none. Addresses of example domains do not count.</summary>
    public static string? Mail(ReadOnlySpan<byte> text)
    {
        int from = 0;
        while (text[from..].IndexOf((byte)'@') is >= 0 and int found)
        {
            int at = from + found;
            ReadOnlySpan<byte> rest = text[(at + 1)..];
            int length = rest.IndexOfAnyExcept(_mailWord);
            ReadOnlySpan<byte> domain = (length < 0 ? rest : rest[..length]).TrimEnd((byte)'.');
            int dot = domain.LastIndexOf((byte)'.');
            if (dot > 0 && domain.Length - dot > 2 && IsLetters(domain[(dot + 1)..]) && domain.IndexOf("example"u8) < 0)
            {
                int start = text[..at].LastIndexOfAnyExcept(_mailWord) + 1;
                if (at > start)
                {
                    return $"the mail address {(char)text[start]}***@***{Encoding.UTF8.GetString(domain[dot..])}";
                }
            }

            from = at + 1;
        }

        return null;
    }

    /// <summary>
    /// A telephone number, masked; null when there is none: <c>+</c> and 8 to 15 digits, or the ten digits of North
    /// America (<c>212-555-7199</c>, <c>(212) 555-7199</c>) except the numbers kept for fiction.
    /// </summary>
    public static string? Phone(ReadOnlySpan<byte> text)
    {
        int from = 0;
        while (text[from..].IndexOfAny((byte)'+', (byte)'-') is >= 0 and int found)
        {
            int at = from + found;
            if ((text[at] == (byte)'+' ? International(text, at) : NorthAmerican(text, at)) is { } masked)
            {
                return $"the telephone number {masked}";
            }

            from = at + 1;
        }

        return null;
    }

    private static string? International(ReadOnlySpan<byte> text, int plus)
    {
        int digits = 0;
        int separators = 0;
        for (int i = plus + 1; i < text.Length && digits < 16; i++)
        {
            if (IsDigit(text[i]))
            {
                digits++;
                separators = 0;
            }
            else if (!" -()."u8.Contains(text[i]) || ++separators > 2)
            {
                break;
            }
        }

        bool begins = plus == 0 || !IsWord(text[plus - 1]);
        return begins && digits is >= 8 and <= 15 && text[plus + 1] is >= (byte)'1' and <= (byte)'9'
            ? $"+{(char)text[plus + 1]}{new string('*', digits - 1)}"
            : null;
    }

    /// <summary>Looks at the last hyphen of a number: three digits before it, four after it, the area code in front.</summary>
    private static string? NorthAmerican(ReadOnlySpan<byte> text, int hyphen)
    {
        int exchange = hyphen - 3;
        int last = hyphen + 5;
        if (exchange < 4 || last > text.Length || !AreDigits(text[exchange..hyphen], text[(hyphen + 1)..last]))
        {
            return null;
        }

        int gap = text[exchange - 1] == (byte)' ' && text[exchange - 2] == (byte)')' ? 2 : 1;
        int area = exchange - gap - 3;
        bool bracketed = text[exchange - gap] == (byte)')';
        bool joined = gap == 2 || bracketed || text[exchange - 1] is (byte)'-' or (byte)' ' or (byte)'.';
        if (
            area < 0
            || !joined
            || IsFiction(text[Math.Max(area, 0)..], text[exchange..])
            || !AreDigits(text[area..(area + 3)], [])
            || text[area] < (byte)'2'
        )
        {
            return null;
        }

        int begin = bracketed ? area - 1 : area;
        bool opens = !bracketed || (begin >= 0 && text[begin] == (byte)'(');
        bool alone =
            (begin <= 0 || !(IsWord(text[begin - 1]) || text[begin - 1] is (byte)'-' or (byte)'.'))
            && (last == text.Length || !(IsWord(text[last]) || text[last] == (byte)'-'));
        return opens && alone ? $"{(char)text[area]}*********" : null;
    }

    /// <summary>A key or token of a known shape, masked; null when there is none.</summary>
    public static string? Secret(ReadOnlySpan<byte> text)
    {
        int from = 0;
        while (_keySearch.Find(text, from) is var (prefix, at))
        {
            (int least, string what) = _keys[prefix];
            from = at + prefix.Length;
            ReadOnlySpan<byte> rest = text[from..];
            int length = rest.IndexOfAnyExcept(_keyWord);
            length = length < 0 ? rest.Length : length;
            bool begins = at == 0 || !IsWord(text[at - 1]);
            bool isBlock = least == 0;
            if (
                begins
                && (isBlock ? rest[..Math.Min(40, rest.Length)].IndexOf("PRIVATE KEY-----"u8) >= 0 : length >= least)
            )
            {
                return $"{what}, {prefix}***";
            }
        }

        return null;
    }

    /// <summary>A placeholder such as <c>{{name}}</c>; null when there is none.</summary>
    public static string? Placeholder(ReadOnlySpan<byte> text)
    {
        int from = 0;
        while (text[from..].IndexOf("{{"u8) is >= 0 and int found)
        {
            int start = from + found;
            int end = text[start..].IndexOf("}}"u8);
            ReadOnlySpan<byte> inner = end < 0 ? [] : text[(start + 2)..(start + end)].Trim((byte)' ');
            if (inner.Length is > 0 and <= 32 && inner.IndexOfAnyExcept(_keyWord) < 0 && IsWord(inner[0]))
            {
                return Encoding.UTF8.GetString(text.Slice(start, end + 2));
            }

            from = start + 2;
        }

        return null;
    }

    private static bool IsLetters(ReadOnlySpan<byte> text)
    {
        foreach (byte value in text)
        {
            if ((value | 0x20) is not (>= (byte)'a' and <= (byte)'z'))
            {
                return false;
            }
        }

        return true;
    }

    /// <summary>Whether an area or an exchange is one that films use: 555-….</summary>
    private static bool IsFiction(ReadOnlySpan<byte> area, ReadOnlySpan<byte> exchange) =>
        area.StartsWith("555"u8) || exchange.StartsWith("555"u8);

    private static bool AreDigits(ReadOnlySpan<byte> one, ReadOnlySpan<byte> other) =>
        one.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0
        && other.IndexOfAnyExceptInRange((byte)'0', (byte)'9') < 0;

    private static bool IsDigit(byte value) => value is >= (byte)'0' and <= (byte)'9';

    private static bool IsWord(byte value) =>
        (value | 0x20) is >= (byte)'a' and <= (byte)'z' or >= (byte)'0' and <= (byte)'9' || value == (byte)'_';
}
