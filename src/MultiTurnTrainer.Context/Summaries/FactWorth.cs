using MultiTurnTrainer.Context.Constraints;

namespace MultiTurnTrainer.Context.Summaries;

/// <summary>How much of a fact a sentence holds, by what can be seen of it: names, numbers, choices, words of its own.</summary>
internal static partial class FactWorth
{
    private const int LongestClaim = 160;

    private static readonly CueList _ofSpeaker = new(
        "i",
        "i'm",
        "i've",
        "i'd",
        "my",
        "our",
        "we",
        "we're",
        "mine",
        "ich",
        "mein",
        "meine",
        "meinen",
        "meiner",
        "unser",
        "unsere",
        "wir",
        "我",
        "我的",
        "我们"
    );

    private static readonly CueList _fillers = new(
        "hi",
        "hello",
        "hey",
        "by the way",
        "btw",
        "oh",
        "well",
        "so",
        "also",
        "and",
        "one more thing",
        "just so you know",
        "fyi",
        "for your information",
        "sure",
        "ok",
        "okay",
        "thanks",
        "thank you",
        "great",
        "übrigens",
        "ach",
        "hallo",
        "also",
        "noch etwas",
        "gut",
        "danke",
        "对了",
        "顺便说一下",
        "另外",
        "哦",
        "嗯",
        "好的"
    );

    private static readonly CueList _claims = new(
        "recommend",
        "suggest",
        "propose",
        "would be",
        "costs",
        "should",
        "you can",
        "the best",
        "i can offer",
        "empfehle",
        "vorschlag",
        "schlage",
        "kostet",
        "建议",
        "推荐",
        "可以"
    );

    /// <summary>The worth of a user's sentence; 0 for none.</summary>
    public static double Of(ClassifiedSentence sentence)
    {
        string text = sentence.Text;
        string folded = text.ToLowerInvariant();
        bool asks = text.EndsWith('?') || text.EndsWith('？');
        double worth = sentence.Class switch
        {
            TurnClass.Correction or TurnClass.Decision => 5,
            TurnClass.Preference => 3.5,
            TurnClass.Acknowledgement => -10,
            _ => 0,
        };
        worth += Named().IsMatch(text) ? 2.5 : 0;
        worth += text.AsSpan().ContainsAnyInRange('0', '9') ? 2.5 : 0;
        worth += _ofSpeaker.IsIn(folded) ? 1.5 : 0;
        worth -= asks ? 3 : 0;

        // Of two sentences with one fact the shorter leaves room for another.
        return worth - (text.Length / 120.0);
    }

    /// <summary>A sentence without the words before what it says.</summary>
    public static string Trimmed(string sentence)
    {
        ReadOnlySpan<char> text = sentence;
        string folded = sentence.ToLowerInvariant();
        int at = 0;
        while (_fillers.LongestAt(folded.AsSpan(at)) is > 0 and int length && at + length < folded.Length)
        {
            at += length;
            at += folded.Length - at - folded.AsSpan(at).TrimStart(" ,:;!.-–—，：、").Length;
        }

        return text[at..].ToString();
    }

    /// <summary>The sentence of an answer that claims or proposes something, shortened; null where it has none.</summary>
    public static string? Claim(string text)
    {
        string? best = null;
        foreach (string sentence in Sentences.Of(text))
        {
            bool claims =
                _claims.IsIn(sentence.ToLowerInvariant())
                || (best is null && sentence.AsSpan().ContainsAnyInRange('0', '9'));
            if (claims && !sentence.EndsWith('?'))
            {
                best = sentence;
                break;
            }
        }

        return best is { Length: > LongestClaim } ? string.Concat(best.AsSpan(0, LongestClaim - 1), "…") : best;
    }

    // KX-42, anna@example.org, "quoted", C:/path, a capital inside the sentence.
    [GeneratedRegex(
        """[A-Z]+[-_]?\d|\d[-_]?[A-Z]|@|["“„«][^"”“»]+["”“»]|[a-z,] [A-Z][a-z]+|\w/\w|《""",
        RegexOptions.CultureInvariant
    )]
    private static partial Regex Named();
}
