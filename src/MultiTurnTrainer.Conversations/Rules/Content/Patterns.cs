using System.Buffers;
using System.Text;

namespace MultiTurnTrainer.Conversations.Rules;

/// <summary>Personal and secret patterns in UTF-8 text, shown masked. Each begins with one vectorised search.</summary>
internal static class Patterns
{
    private static readonly SearchValues<byte> _mailWord = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._%+-"u8
    );

    private static readonly SearchValues<byte> _keyWord = SearchValues.Create(
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-"u8
    );

    private static readonly (byte[] Prefix, int Least, string What)[] _keys =
    [
        ("sk-"u8.ToArray(), 20, "an API key"),
        ("AKIA"u8.ToArray(), 16, "an AWS key"),
        ("ghp_"u8.ToArray(), 36, "a GitHub token"),
        ("github_pat_"u8.ToArray(), 40, "a GitHub token"),
        ("hf_"u8.ToArray(), 30, "a Hugging Face token"),
        ("xoxb-"u8.ToArray(), 20, "a Slack token"),
        ("AIza"u8.ToArray(), 35, "a Google key"),
        ("-----BEGIN "u8.ToArray(), 0, "a private key"),
    ];

    private static readonly TextSearch _keySearch = new(_keys.Select(key => Encoding.UTF8.GetString(key.Prefix)));

    /// <summary>A mail address, masked; null when there is none. Addresses of example domains do not count.</summary>
    public static string? Mail(ReadOnlySpan<byte> text)
    {
        int from = 0;
        while (text[from..].IndexOf((byte)'@') is >= 0 and int found)
        {
            int at = from + found;
            int start = text[..at].LastIndexOfAnyExcept(_mailWord) + 1;
            ReadOnlySpan<byte> rest = text[(at + 1)..];
            int length = rest.IndexOfAnyExcept(_mailWord);
            ReadOnlySpan<byte> domain = (length < 0 ? rest : rest[..length]).TrimEnd((byte)'.');
            int dot = domain.LastIndexOf((byte)'.');
            bool named = dot > 0 && domain.Length - dot > 2 && IsLetters(domain[(dot + 1)..]);
            if (at > start && named && domain.IndexOf("example"u8) < 0)
            {
                return $"the mail address {(char)text[start]}***@***{Encoding.UTF8.GetString(domain[dot..])}";
            }

            from = at + 1;
        }

        return null;
    }

    /// <summary>An international telephone number (<c>+</c> and 8 to 15 digits), masked; null when there is none.</summary>
    public static string? Phone(ReadOnlySpan<byte> text)
    {
        int from = 0;
        while (text[from..].IndexOf((byte)'+') is >= 0 and int found)
        {
            int at = from + found + 1;
            bool begins = at < 2 || !IsWord(text[at - 2]);
            int digits = 0;
            int separators = 0;
            int i = at;
            for (; i < text.Length && digits < 16; i++)
            {
                if (text[i] is >= (byte)'0' and <= (byte)'9')
                {
                    digits++;
                    separators = 0;
                }
                else if (
                    text[i] is not ((byte)' ' or (byte)'-' or (byte)'(' or (byte)')' or (byte)'.')
                    || ++separators > 2
                )
                {
                    break;
                }
            }

            if (begins && digits is >= 8 and <= 15 && text[at] is >= (byte)'1' and <= (byte)'9')
            {
                return $"the telephone number +{(char)text[at]}{new string('*', digits - 1)}";
            }

            from = at;
        }

        return null;
    }

    /// <summary>A key or token of a known shape, masked; null when there is none.</summary>
    public static string? Secret(ReadOnlySpan<byte> text)
    {
        while (_keySearch.Find(text) is { } prefix)
        {
            (byte[] bytes, int least, string what) = Array.Find(
                _keys,
                key => Encoding.UTF8.GetString(key.Prefix) == prefix
            );
            int at = text.IndexOf(bytes);
            ReadOnlySpan<byte> rest = text[(at + bytes.Length)..];
            int length = rest.IndexOfAnyExcept(_keyWord);
            length = length < 0 ? rest.Length : length;
            bool begins = at == 0 || !IsWord(text[at - 1]);
            bool block = least == 0;
            bool isKey = block ? rest[..Math.Min(40, rest.Length)].IndexOf("PRIVATE KEY-----"u8) >= 0 : length >= least;
            if (begins && isKey)
            {
                return $"{what}, {prefix}***";
            }

            text = rest;
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

    private static bool IsWord(byte value) =>
        (value | 0x20) is >= (byte)'a' and <= (byte)'z' or >= (byte)'0' and <= (byte)'9' || value == (byte)'_';
}
