// Folder Content: rules on what texts say.
// Refuses to know: files, reports.

namespace MultiTurnTrainer.Validation.Rules;

/// <summary>Where a pattern stands in a UTF-8 text.</summary>
/// <param name="Start">Its first byte.</param>
/// <param name="Length">Its bytes.</param>
/// <param name="IsExample">Whether it is one that stands for any, such as an address of example.com: no finding, yet redacted.</param>
internal readonly record struct PatternMatch(int Start, int Length, bool IsExample = false)
{
    public int End => Start + Length;

    public ReadOnlySpan<byte> In(ReadOnlySpan<byte> text) => text.Slice(Start, Length);
}

/// <summary>Personal and secret patterns in UTF-8 text: found for redaction, shown masked in findings. Each begins with one vectorised search.</summary>
internal static class Patterns
{
    private const string PrivateKey = "-----BEGIN ";
    private const string WebToken = "eyJ";
    private const int LeastClaims = 10;

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
        [WebToken] = (10, "a JSON web token"),
        [PrivateKey] = (0, "a private key"),
    };

    private static readonly TextSearch _keySearch = new(_keys.Keys);

    /// <summary>A mail address, masked; null when there is none. Addresses of example domains do not count.</summary>
    public static string? Mail(ReadOnlySpan<byte> text) =>
        First(text, NextMail) is { } found
            ? $"the mail address {First(text[found.Start..])}***@***{Encoding.UTF8.GetString(LastLabel(found.In(text)))}"
            : null;

    /// <summary>
    /// A telephone number, masked; null when there is none: <c>+</c> and 8 to 15 digits, or the ten digits of North
    /// America (<c>212-555-7199</c>, <c>(212) 555-7199</c>) except the numbers kept for fiction.
    /// </summary>
    public static string? Phone(ReadOnlySpan<byte> text)
    {
        if (First(text, NextPhone) is not { } found)
        {
            return null;
        }

        ReadOnlySpan<byte> number = found.In(text).TrimStart((byte)'(');
        int digits = 0;
        foreach (byte value in number)
        {
            digits += IsDigit(value) ? 1 : 0;
        }

        return number[0] == (byte)'+'
            ? $"the telephone number +{(char)number[1]}{new string('*', digits - 1)}"
            : $"the telephone number {(char)number[0]}*********";
    }

    /// <summary>A key or token of a known shape, masked; null when there is none.</summary>
    public static string? Secret(ReadOnlySpan<byte> text) =>
        First(text, NextSecret) is { } found && _keySearch.Find(found.In(text)) is var (prefix, _)
            ? $"{_keys[prefix].What}, {prefix}***"
            : null;

    /// <summary>The next mail address from an offset on.</summary>
    public static PatternMatch? NextMail(ReadOnlySpan<byte> text, int from)
    {
        while (from < text.Length && text[from..].IndexOf((byte)'@') is >= 0 and int found)
        {
            int at = from + found;
            ReadOnlySpan<byte> domain = text[(at + 1)..][..LengthOfName(text[(at + 1)..])].TrimEnd((byte)'.');
            int dot = domain.LastIndexOf((byte)'.');
            int start = StartOfName(text, at);
            if (dot > 0 && domain.Length - dot > 2 && IsLetters(domain[(dot + 1)..]) && at > start)
            {
                return new PatternMatch(start, at + 1 + domain.Length - start, domain.IndexOf("example"u8) >= 0);
            }

            from = at + 1;
        }

        return null;
    }

    /// <summary>The next telephone number from an offset on.</summary>
    public static PatternMatch? NextPhone(ReadOnlySpan<byte> text, int from)
    {
        while (from < text.Length && text[from..].IndexOfAny((byte)'+', (byte)'-') is >= 0 and int found)
        {
            int at = from + found;
            if ((text[at] == (byte)'+' ? International(text, at) : NorthAmerican(text, at)) is { } number)
            {
                return number;
            }

            from = at + 1;
        }

        return null;
    }

    /// <summary>The next key or token from an offset on; of a private key the whole block.</summary>
    public static PatternMatch? NextSecret(ReadOnlySpan<byte> text, int from)
    {
        while (from < text.Length && _keySearch.Find(text, from) is var (prefix, at))
        {
            int behind = at + prefix.Length;
            int length = at > 0 && IsWord(text[at - 1]) ? 0 : LengthOfSecret(text[behind..], prefix);
            if (length > 0 && at >= from)
            {
                return new PatternMatch(at, prefix.Length + length);
            }

            from = behind;
        }

        return null;
    }

    private delegate PatternMatch? Finder(ReadOnlySpan<byte> text, int from);

    private static PatternMatch? First(ReadOnlySpan<byte> text, Finder next)
    {
        PatternMatch? found = next(text, 0);
        while (found is { IsExample: true } example)
        {
            found = next(text, example.End);
        }

        return found;
    }

    private static Rune First(ReadOnlySpan<byte> text)
    {
        Rune.DecodeFromUtf8(text, out Rune first, out _);
        return first;
    }

    private static ReadOnlySpan<byte> LastLabel(ReadOnlySpan<byte> address) =>
        address[address.LastIndexOf((byte)'.')..];

    private static int LengthOfName(ReadOnlySpan<byte> text)
    {
        int at = 0;
        while (at < text.Length && (_mailWord.Contains(text[at]) || IsForeignLetter(text, at)))
        {
            at += text[at] < 0x80 ? 1 : 2;
        }

        return at;
    }

    private static int StartOfName(ReadOnlySpan<byte> text, int end)
    {
        int at = end;
        while (at > 0)
        {
            int step =
                _mailWord.Contains(text[at - 1]) ? 1
                : at > 1 && IsForeignLetter(text, at - 2) ? 2
                : 0;
            if (step == 0)
            {
                break;
            }

            at -= step;
        }

        return at;
    }

    // Letters of two bytes, Latin to Armenian. Scripts without spaces are left out: there an address begins behind a word.
    private static bool IsForeignLetter(ReadOnlySpan<byte> text, int at) =>
        at + 1 < text.Length && text[at] is >= 0xC3 and <= 0xD6 && (text[at + 1] & 0xC0) == 0x80;

    private static PatternMatch? International(ReadOnlySpan<byte> text, int plus)
    {
        int digits = 0;
        int separators = 0;
        (int Digits, int End) number = (0, plus);
        for (int i = plus + 1; i < text.Length && digits < 16; i++)
        {
            if (!IsDigit(text[i]))
            {
                if (!" -()."u8.Contains(text[i]) || ++separators > 2)
                {
                    break;
                }

                continue;
            }

            digits++;
            separators = 0;
            // Groups of digits that would make it too long are another number's.
            bool isGroup = i + 1 == text.Length || !IsDigit(text[i + 1]);
            number = isGroup && digits <= 15 ? (digits, i + 1) : number;
        }

        bool begins = plus == 0 || !IsWord(text[plus - 1]);
        return begins && number.Digits >= 8 && text[plus + 1] is >= (byte)'1' and <= (byte)'9'
            ? new PatternMatch(plus, number.End - plus)
            : null;
    }

    /// <summary>Looks at the last hyphen of a number: three digits before it, four after it, the area code in front.</summary>
    private static PatternMatch? NorthAmerican(ReadOnlySpan<byte> text, int hyphen)
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
        if (area < 0 || !joined || !AreDigits(text[area..(area + 3)], []) || text[area] < (byte)'2')
        {
            return null;
        }

        int begin = bracketed ? area - 1 : area;
        bool opens = !bracketed || (begin >= 0 && text[begin] == (byte)'(');
        bool alone =
            (begin <= 0 || !(IsWord(text[begin - 1]) || text[begin - 1] is (byte)'-' or (byte)'.'))
            && (last == text.Length || !(IsWord(text[last]) || text[last] == (byte)'-'));
        return opens && alone ? new PatternMatch(begin, last - begin, IsFiction(text[area..], text[exchange..])) : null;
    }

    private static int LengthOfSecret(ReadOnlySpan<byte> rest, string prefix)
    {
        if (prefix == PrivateKey)
        {
            return LengthOfPrivateKey(rest);
        }

        int length = LengthOfKey(rest);
        if (prefix != WebToken)
        {
            return length >= _keys[prefix].Least ? length : 0;
        }

        // Header, claims and signature, each in base64.
        int claims = Next(rest, length);
        int signature = Next(rest, claims);
        return length >= _keys[prefix].Least && claims - length > LeastClaims && signature > claims ? signature : 0;
    }

    private static int Next(ReadOnlySpan<byte> rest, int end) =>
        end < rest.Length && rest[end] == (byte)'.' ? end + 1 + LengthOfKey(rest[(end + 1)..]) : end;

    private static int LengthOfKey(ReadOnlySpan<byte> text)
    {
        int length = text.IndexOfAnyExcept(_keyWord);
        return length < 0 ? text.Length : length;
    }

    // To the end of the text where the block's own end is cut off.
    private static int LengthOfPrivateKey(ReadOnlySpan<byte> rest)
    {
        if (rest[..Math.Min(40, rest.Length)].IndexOf("PRIVATE KEY-----"u8) < 0)
        {
            return 0;
        }

        int end = rest.IndexOf("-----END "u8);
        int dashes = end < 0 ? -1 : rest[(end + 9)..].IndexOf("-----"u8);
        return dashes < 0 ? rest.Length : end + 9 + dashes + 5;
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
