namespace MultiTurnTrainer.Context.Retrieval;

/// <summary>
/// The terms of a text: words in small letters, English plurals as their singular, function words left out; of scripts that put no
/// spaces between words, and of Korean, each two neighbouring characters.
/// </summary>
internal static class SearchTerms
{
    // Function words of English and German, and their like among pairs of Chinese characters.
    private static readonly HashSet<string> _functionWords =
    [
        .. (
            "a about after again all also am an and any are as at be because been before being but by can cannot could did didnt do does "
            + "doesnt doing dont down during each else ever few for from further get got had has have having he hello her here hers hey hi "
            + "him his how i id if ill im in into is isnt it its ive just let lets like make many may me might more most much must my "
            + "myself no nor not now of off ok okay on once one only or other our ours out over own please really same say shall she "
            + "should so some such tell than thank thanks that thats the their theirs them then there these they thing this those "
            + "through to too under until up us very want was we well were what whats when where which while who whom whose why will "
            + "with would yes yet you your yours "
            + "aber alle als also am an auch auf aus bei bin bis bist bitte da dann das dass dein deine dem den der des dich die dir doch du "
            + "ein eine einem einen einer eines er es euch für habe haben hat hatte hier ich ihr im in ist ja jetzt kann kannst kein keine "
            + "man mein meine meinem meinen meiner mich mir mit nach nein nicht noch nur ob oder schon sich sie sind so und uns unser unsere "
            + "vom von vor war waren warum was wann welche welcher welches wenn wer wie wir wird wo zu zum zur über "
            + "什么 怎么 我们 你们 他们 这个 那个 可以 是不 不是 吗是 请问 一下 的是 我的 你的 多少 哪个 哪里 为什 谢谢"
        ).Split(' '),
    ];

    /// <summary>The terms, in order, as often as they stand there.</summary>
    public static IEnumerable<string> Of(string text)
    {
        StringBuilder word = new();
        Rune? before = null;
        bool isPaired = false;
        foreach (Rune rune in text.EnumerateRunes().Append(new Rune(' ')).Select(Folded))
        {
            bool joins = IsUnspaced(rune);
            if (!joins && IsOfWord(rune))
            {
                word.Append(rune);
            }
            else if (word.Length > 0 && rune.Value is not ('\'' or '’'))
            {
                string term = word.ToString();
                word.Clear();
                if (!_functionWords.Contains(term))
                {
                    yield return Singular(term);
                }
            }

            if (before is { } first && (joins || !isPaired))
            {
                string term = joins ? $"{first}{rune}" : first.ToString();
                if (!_functionWords.Contains(term))
                {
                    yield return term;
                }
            }

            isPaired = joins && before is not null;
            before = joins ? rune : null;
        }
    }

    private static bool IsOfWord(Rune rune) =>
        Rune.IsLetterOrDigit(rune)
        || Rune.GetUnicodeCategory(rune)
            is UnicodeCategory.NonSpacingMark
                or UnicodeCategory.SpacingCombiningMark
                or UnicodeCategory.LetterNumber
                or UnicodeCategory.OtherNumber;

    // Small letters; what is as wide as a Chinese character (U+FF01 to U+FF5E) as its usual form.
    private static Rune Folded(Rune rune) =>
        Rune.ToLowerInvariant(rune.Value is >= 0xFF01 and <= 0xFF5E ? new Rune(rune.Value - 0xFEE0) : rune);

    /// <summary>Chinese and Japanese; Korean, whose particles hang on to words; Thai, Lao, Burmese, Khmer.</summary>
    private static bool IsUnspaced(Rune rune) =>
        rune.Value switch
        {
            < 0x0E01 => false,
            <= 0x0EFF => IsOfWord(rune),
            >= 0x1000 and <= 0x109F or >= 0x1780 and <= 0x17FF => IsOfWord(rune),
            >= 0x3040 and <= 0x30FF or >= 0x31F0 and <= 0x31FF or >= 0x3400 and <= 0x9FFF => IsOfWord(rune),
            >= 0xAC00 and <= 0xD7A3 or >= 0xF900 and <= 0xFAFF or >= 0x20000 and <= 0x323AF => true,
            _ => false,
        };

    /// <summary>The three rules of Harman's S stemmer ("How effective is suffixing?", 1991).</summary>
    private static string Singular(string word) =>
        word.Length <= 3 || word[^1] is not 's' || word[^2] is 'u' or 's' || !Ascii.IsValid(word) ? word
        : word.EndsWith("ies", StringComparison.Ordinal) && word[^4] is not ('e' or 'a') ? $"{word[..^3]}y"
        : word[..^1];
}
