namespace MultiTurnTrainer.Context.Constraints;

/// <summary>The words of a sentence that say what it is about: long words, and pairs of Chinese characters.</summary>
internal static class ContentWords
{
    private static readonly HashSet<string> _common =
    [
        .. (
            "please never always don't must should shall can could will would use using used again again, only answer answers reply "
            + "write with without that this these those from your about than more less rule limit now okay fine after all need "
            + "have longer anymore keep make them they when what which into back allowed forget ignore drop lift "
            + "bitte nicht keine kein keinen immer wieder darfst dürfen kannst nutze verwende verwenden benutzen benutze jetzt doch "
            + "regel grenze mehr antworte antworten schreibe sein auch alle dich deine deinen eine einen einem nur für auf "
            + "可以 不要 现在 使用 以用 请勿 必须 回答 再用 不用 取消 限制 规则 那条 忘了 了吧"
        ).Split(' '),
    ];

    /// <summary>The words, folded.</summary>
    public static IEnumerable<string> Of(string text)
    {
        int start = -1;
        for (int i = 0; i <= text.Length; i++)
        {
            char c = i < text.Length ? text[i] : ' ';
            bool isHan = c is >= '\u3400' and <= '\u9fff';
            if (isHan && i + 1 < text.Length && text[i + 1] is >= '\u3400' and <= '\u9fff')
            {
                string pair = text.Substring(i, 2);
                if (!_common.Contains(pair))
                {
                    yield return pair;
                }
            }

            bool isWord = !isHan && (char.IsLetterOrDigit(c) || c is '+' or '#' or '\'');
            if (isWord)
            {
                start = start < 0 ? i : start;
            }
            else if (start >= 0)
            {
                string word = text[start..i].ToLowerInvariant();
                start = -1;
                if (word.Length >= 3 && !_common.Contains(word))
                {
                    // "table" and "tables", "Emoji" and "Emojis" are one word.
                    yield return word.Length > 4 ? word.TrimEnd('s') : word;
                }
            }
        }
    }
}
