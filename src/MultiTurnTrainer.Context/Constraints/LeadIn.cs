namespace MultiTurnTrainer.Context.Constraints;

/// <summary>Words before what a sentence says: "please", "oh and", "also", "bitte", "另外".</summary>
internal static class LeadIn
{
    private static readonly CueList _words = new(
        "please",
        "pls",
        "and",
        "but",
        "also",
        "so",
        "ok",
        "okay",
        "oh",
        "well",
        "hi",
        "hey",
        "hello",
        "thanks",
        "thank you",
        "great",
        "cool",
        "fine",
        "alright",
        "good",
        "one more thing",
        "by the way",
        "btw",
        "important",
        "note",
        "reminder",
        "just",
        "then",
        "for this one",
        "in your answers",
        "in the code",
        "in this chat",
        "remember",
        "again",
        "seriously",
        "listen",
        "bitte",
        "und",
        "aber",
        "auch",
        "also",
        "übrigens",
        "noch etwas",
        "noch was",
        "wichtig",
        "achtung",
        "dann",
        "hallo",
        "danke",
        "gut",
        "okay",
        "ach",
        "ach ja",
        "请",
        "另外",
        "还有",
        "对了",
        "注意",
        "但是",
        "那",
        "好",
        "好的",
        "麻烦",
        "麻烦你",
        "请你",
        "而且"
    );

    /// <summary>What is left of a folded sentence behind them.</summary>
    public static ReadOnlySpan<char> Skip(ReadOnlySpan<char> text)
    {
        text = text.TrimStart("([\"'“„「 ");
        while (_words.LongestAt(text) is > 0 and int length && length < text.Length)
        {
            text = text[length..].TrimStart(" ,:;!.-–—，：、…");
        }

        return text;
    }
}
