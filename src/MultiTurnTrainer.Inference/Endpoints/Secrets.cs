namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>
/// The keys of a run, so that no text that leaves an endpoint can hold one: a server may echo the key in an error or even in
/// a reply, as it is, encoded (base64, hexadecimal, <c>%41</c>, <c>\u0041</c>, <c>&amp;#65;</c>) or with other characters
/// between its own.
/// </summary>
internal sealed class Secrets
{
    private const string Mask = "[key]";

    // Shorter ones are ordinary words too often: they are found as they are, standing alone.
    private const int LeastLetters = 6;

    private readonly List<string> _keys = [];
    private readonly List<string> _forms = [];

    // What people write where a server wants no key.
    private static readonly string[] _placeholders =
    [
        "none",
        "null",
        "empty",
        "dummy",
        "token",
        "local",
        "test",
        "key",
    ];

    /// <summary>Reads a key from the environment; a server of one's own may need none.</summary>
    /// <param name="variable">The environment variable's name.</param>
    /// <param name="environment">Reads the environment.</param>
    public string? Read(string variable, Func<string, string?> environment)
    {
        string? key = environment(variable)?.Trim();
        if (key is not { Length: > 0 })
        {
            return null;
        }

        if (!_placeholders.Contains(key, StringComparer.OrdinalIgnoreCase) && !_keys.Contains(key))
        {
            _keys.Add(key);
            _keys.Sort((a, b) => b.Length.CompareTo(a.Length));
            _forms.AddRange(Forms(key).Where(form => form.Length >= LeastLetters));
            _forms.Sort((a, b) => b.Length.CompareTo(a.Length));
        }

        return key;
    }

    /// <summary>The text with every key replaced.</summary>
    public string Redact(string text)
    {
        foreach (string key in _keys)
        {
            text = key.Length >= 8 ? text.Replace(key, Mask, StringComparison.Ordinal) : RedactWord(text, key);
        }

        foreach (string form in _forms)
        {
            text = RedactLetters(text, form);
        }

        return text;
    }

    // Letters and digits of the key and of its encodings; base64 looks otherwise at each of three places.
    private static IEnumerable<string> Forms(string key)
    {
        byte[] bytes = Encoding.UTF8.GetBytes(key);
        yield return Letters(key);
        yield return Letters(Convert.ToHexStringLower(bytes));
        for (int shift = 0; shift < 3; shift++)
        {
            // The first and the last letters depend on what stands around the key.
            string text = Convert.ToBase64String([.. new byte[shift], .. bytes]).TrimEnd('=');
            yield return Letters(text[(shift == 0 ? 0 : shift + 1)..^1]);
        }
    }

    private static string Letters(string text) =>
        string.Concat(text.Where(char.IsAsciiLetterOrDigit)).ToLowerInvariant();

    private static string RedactWord(string text, string key)
    {
        for (int at = 0; (at = text.IndexOf(key, at, StringComparison.Ordinal)) >= 0; )
        {
            int end = at + key.Length;
            bool alone =
                (at == 0 || !char.IsLetterOrDigit(text[at - 1]))
                && (end == text.Length || !char.IsLetterOrDigit(text[end]));
            text = alone ? text[..at] + Mask + text[end..] : text;
            at += alone ? Mask.Length : 1;
        }

        return text;
    }

    private static string RedactLetters(string text, string form)
    {
        StringBuilder letters = new(text.Length);
        List<(int Start, int End)> places = new(text.Length);
        for (int at = 0; at < text.Length; )
        {
            char c = Decoded(text, at, out int length);
            if (char.IsAsciiLetterOrDigit(c))
            {
                letters.Append(char.ToLowerInvariant(c));
                places.Add((at, at + length));
            }

            at += length;
        }

        string all = letters.ToString();
        List<(int Start, int End)> found = [];
        for (int at = 0; (at = all.IndexOf(form, at, StringComparison.Ordinal)) >= 0; at += form.Length)
        {
            found.Add((places[at].Start, places[at + form.Length - 1].End));
        }

        for (int i = found.Count - 1; i >= 0; i--)
        {
            text = text[..found[i].Start] + Mask + text[found[i].End..];
        }

        return text;
    }

    // %41, \u0041, &#65; and &#x41; stand for a character.
    private static char Decoded(string text, int at, out int length)
    {
        ReadOnlySpan<char> rest = text.AsSpan(at);
        length = 1;
        if (rest[0] == '%' && rest.Length > 2 && IsNumber(rest[1..3], true, out int code))
        {
            length = 3;
        }
        else if (rest.StartsWith("\\u") && rest.Length > 5 && IsNumber(rest[2..6], true, out code))
        {
            length = 6;
        }
        else if (rest.StartsWith("&#") && rest[..Math.Min(rest.Length, 10)].IndexOf(';') is var end and > 2)
        {
            bool hexadecimal = rest[2] is 'x' or 'X';
            length = IsNumber(rest[(hexadecimal ? 3 : 2)..end], hexadecimal, out code) ? end + 1 : 1;
        }
        else
        {
            return rest[0];
        }

        return length > 1 && code is > 0 and < 0x80 ? (char)code : '\0';
    }

    private static bool IsNumber(ReadOnlySpan<char> digits, bool hexadecimal, out int code) =>
        int.TryParse(
            digits,
            hexadecimal ? NumberStyles.AllowHexSpecifier : NumberStyles.None,
            CultureInfo.InvariantCulture,
            out code
        );
}
