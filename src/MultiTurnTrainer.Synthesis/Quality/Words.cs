namespace MultiTurnTrainer.Synthesis.Quality;

/// <summary>
/// Cuts a text into lower-case words: runs of letters and digits, and every Chinese, Japanese or Korean character for
/// itself. Content words are those that are no function words of English.
/// </summary>
internal static class Words
{
    private static readonly FrozenSet<string> _functionWords = (
        "a an the and or but nor so yet if then else than that this these those there here it its itself he she they "
        + "them their theirs his her hers him i me my mine we us our ours you your yours who whom whose which what when "
        + "where why how is am are was were be been being do does did done doing have has had having can could may might "
        + "must shall should will would not no yes as at by for from in into of off on onto out over to up with without "
        + "about above after again against all also any because before below between both down during each few further "
        + "just more most much many other some such only own same too very s t d ll re ve m don please give tell let one "
        + "two get make use using used e g etc like however therefore thus while within upon per via way example"
    )
        .Split(' ')
        .ToFrozenSet(StringComparer.Ordinal);

    /// <summary>All words, in order.</summary>
    public static List<string> Of(string text)
    {
        List<string> words = [];
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            bool inside = i < text.Length && char.IsLetterOrDigit(text[i]);
            bool alone = inside && text[i] is >= '\u3040' and <= '\u9FFF' or >= '\uAC00' and <= '\uD7AF';
            if (start >= 0 && (!inside || alone))
            {
                words.Add(text[start..i].ToLowerInvariant());
                start = -1;
            }

            if (alone)
            {
                words.Add(text[i].ToString());
            }
            else if (inside && start < 0)
            {
                start = i;
            }
        }

        return words;
    }

    /// <summary>Whether a word carries content: at least two characters (or a CJK one), no function word.</summary>
    public static bool IsContent(string word) =>
        (word.Length > 1 || word[0] > '\u3000') && !_functionWords.Contains(word);

    /// <summary>The set of content words.</summary>
    public static HashSet<string> ContentOf(string text) => Of(text).Where(IsContent).ToHashSet(StringComparer.Ordinal);

    /// <summary>Shared members over all members; 0 for two empty sets.</summary>
    public static double Jaccard(HashSet<string> a, HashSet<string> b)
    {
        int shared = a.Count(b.Contains);
        int all = a.Count + b.Count - shared;
        return all == 0 ? 0 : (double)shared / all;
    }
}
