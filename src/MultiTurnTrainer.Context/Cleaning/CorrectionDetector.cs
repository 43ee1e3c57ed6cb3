namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>A value that a user replaced by another.</summary>
/// <param name="Old">The value as an earlier user message has it.</param>
/// <param name="New">The value that counts.</param>
internal sealed record ValueRevision(string Old, string New);

/// <summary>
/// Finds user messages that take back something, by English wording, and the values they replace: named pairs ("not
/// Monday but Tuesday", "change 5 to 7", "Paris instead of Rome"), and numbers that stand with the same unit as an
/// earlier one ("actually 45 people" after "40 people").
/// </summary>
internal static class CorrectionDetector
{
    private const string ValuePattern = @"""?(?<{0}>\$?[\w.:%/-]+(\s+[\w.:%/-]+){{0,2}}?)""?";

    private static readonly Regex[] _cues =
    [
        Pattern(@"^\s*(no|nope|wait|sorry|oops|hold\s+on|correction|my\s+bad)\b\s*[,.:;!—–-]"),
        Pattern(@"\bactually\b"),
        Pattern(
            @"\bI\s+(meant|mean\s+to\s+say|should\s+have\s+said|misspoke|mistyped|misremembered|was\s+wrong|was\s+mistaken)\b"
        ),
        Pattern(@"\bI\s+(made|had)\s+(a|an|some|multiple|several)\s+(mistakes?|errors?|typos?)\b"),
        Pattern(@"\b(scratch|forget|ignore|disregard|cancel)\s+(that|what\s+I\s+said|my\s+(last|previous|earlier))\b"),
        Pattern(@"\b(errors?|mistakes?|typos?)\s+in\s+(the|my|what)\b"),
        Pattern(@"\b(change|replace|swap|update)\s+.{1,60}\s+(to|with|for|by)\s+\S"),
        Pattern(@"\b(instead\s+of|rather\s+than)\b"),
        Pattern(@"\b(let's|let\s+us|we'll)\s+(change|make)\b"),
        Pattern(@"\bnot\s+\S+(\s+\S+){0,3},?\s+but\s+\S"),
        Pattern(@"\bchanged\s+my\s+mind\b"),
    ];

    private static readonly Regex[] _pairs =
    [
        Pattern($@"\bnot\s+(the\s+)?{Value("old")},?\s+but\s+(rather\s+)?(the\s+)?{Value("new")}\s*([.,;!?\n]|$)"),
        Pattern(
            $@"\b(change|update)\s+(the\s+\w+\s+from\s+|it\s+from\s+|from\s+)?(the\s+)?{Value("old")}\s+to\s+{Value("new")}\s*([.,;!?\n]|$)"
        ),
        Pattern(
            $@"\b(replace|swap)\s+(the\s+)?{Value("old")}\s+(with|by|for)\s+(the\s+)?{Value("new")}\s*([.,;!?\n]|$)"
        ),
        Pattern($@"\bI\s+meant\s+{Value("new")}\s*,?\s+not\s+{Value("old")}\s*([.,;!?\n]|$)"),
        Pattern($@"\b(it's|it\s+is|make\s+it|should\s+be)\s+{Value("new")}\s*,\s*not\s+{Value("old")}\s*([.,;!?\n]|$)"),
    ];

    private static readonly Regex _preferred = Pattern(
        $@"\b{Value("new")}\s+(instead\s+of|rather\s+than)\s+(the\s+)?{Value("old")}\s*([.,;!?\n]|$)"
    );

    private static readonly Regex _quantity = Pattern(
        @"(?<sign>[$€£]?)(?<number>\d[\d,.]*\d|\d)(?<percent>\s?%)?(\s+(?<unit>[a-z][a-z-]+))?"
    );

    /// <summary>The words that take something back, or null.</summary>
    public static string? Find(string text)
    {
        foreach (Regex cue in _cues)
        {
            if (cue.Match(text) is { Success: true } match)
            {
                return match.Value.Trim();
            }
        }

        return null;
    }

    /// <summary>The values that a correcting message replaces in earlier user messages, each found there.</summary>
    public static IReadOnlyList<ValueRevision> Revisions(string correction, IReadOnlyList<string> earlier)
    {
        List<ValueRevision> revisions = [];
        foreach (Regex pair in _pairs)
        {
            foreach (Match match in pair.Matches(correction))
            {
                Add(revisions, match.Groups["old"].Value, match.Groups["new"].Value, earlier);
            }
        }

        foreach (Match match in _preferred.Matches(correction))
        {
            // Nothing marks where the new value begins: take as many words as the old one has.
            string old = match.Groups["old"].Value;
            string[] words = match.Groups["new"].Value.Split(' ');
            Add(revisions, old, string.Join(' ', words[^Math.Min(words.Length, old.Split(' ').Length)..]), earlier);
        }

        if (revisions.Count == 0)
        {
            AddQuantities(revisions, correction, earlier);
        }

        return revisions;
    }

    /// <summary>Whether a text has a value as whole words.</summary>
    public static bool Holds(string text, string value) => IndexOfWord(text, value, 0) >= 0;

    /// <summary>A text with every old value replaced, as whole words.</summary>
    public static string Apply(string text, IReadOnlyList<ValueRevision> revisions)
    {
        foreach (ValueRevision revision in revisions)
        {
            text = ReplaceWord(text, revision.Old, revision.New);
        }

        return text;
    }

    /// <summary>The first quantity with each unit wins on the correcting side; the earlier one must be another number.</summary>
    private static void AddQuantities(List<ValueRevision> revisions, string correction, IReadOnlyList<string> earlier)
    {
        foreach (Match next in _quantity.Matches(correction))
        {
            string unit = Unit(next);
            if (unit.Length == 0)
            {
                continue;
            }

            foreach (Match before in earlier.Reverse().SelectMany(text => _quantity.Matches(text)))
            {
                if (Unit(before) == unit && before.Groups["number"].Value != next.Groups["number"].Value)
                {
                    Add(revisions, before.Value.Trim(), next.Value.Trim(), earlier);
                    break;
                }
            }
        }
    }

    private static string Unit(Match quantity) =>
        quantity.Groups["sign"].Value
        + quantity.Groups["percent"].Value.Trim()
        + quantity.Groups["unit"].Value.ToLowerInvariant().TrimEnd('s');

    private static void Add(
        List<ValueRevision> revisions,
        string old,
        string replacement,
        IReadOnlyList<string> earlier
    )
    {
        old = old.Trim().TrimEnd('.', ':');
        replacement = replacement.Trim().TrimEnd('.', ':');
        bool known = revisions.Exists(revision => revision.Old.Equals(old, StringComparison.OrdinalIgnoreCase));
        if (
            !known
            && old.Length > 0
            && replacement.Length > 0
            && !old.Equals(replacement, StringComparison.OrdinalIgnoreCase)
            && earlier.Any(text => IndexOfWord(text, old, 0) >= 0)
        )
        {
            revisions.Add(new ValueRevision(old, replacement));
        }
    }

    private static string ReplaceWord(string text, string old, string replacement)
    {
        for (int at = IndexOfWord(text, old, 0); at >= 0; at = IndexOfWord(text, old, at + replacement.Length))
        {
            text = string.Concat(text.AsSpan(0, at), replacement, text.AsSpan(at + old.Length));
        }

        return text;
    }

    private static int IndexOfWord(string text, string word, int start)
    {
        for (int at = Find(start); at >= 0; at = Find(at + 1))
        {
            int end = at + word.Length;
            bool opens = at == 0 || !char.IsLetterOrDigit(text[at - 1]) || !char.IsLetterOrDigit(word[0]);
            bool closes = end == text.Length || !char.IsLetterOrDigit(text[end]) || !char.IsLetterOrDigit(word[^1]);

            // 5 is not a part of 5.5 or of 1,500.
            bool inNumber =
                (
                    end + 1 < text.Length
                    && text[end] is '.' or ','
                    && char.IsAsciiDigit(text[end + 1])
                    && char.IsAsciiDigit(word[^1])
                )
                || (
                    at > 1
                    && text[at - 1] is '.' or ','
                    && char.IsAsciiDigit(text[at - 2])
                    && char.IsAsciiDigit(word[0])
                );
            if (opens && closes && !inNumber)
            {
                return at;
            }
        }

        return -1;

        int Find(int from) => from > text.Length ? -1 : text.IndexOf(word, from, StringComparison.OrdinalIgnoreCase);
    }

    private static string Value(string name) =>
        ValuePattern
            .Replace("{0}", name, StringComparison.Ordinal)
            .Replace("{{", "{", StringComparison.Ordinal)
            .Replace("}}", "}", StringComparison.Ordinal);

    private static Regex Pattern(string text) =>
        new(
            text,
            RegexOptions.IgnoreCase
                | RegexOptions.CultureInvariant
                | RegexOptions.NonBacktracking
                | RegexOptions.ExplicitCapture
        );
}
