using MultiTurnTrainer.Tokenizers.Text;

namespace MultiTurnTrainer.Tokenizers.AddedTokens;

/// <summary>Which control tokens written out in a text stay text.</summary>
internal static class SpecialTokenFilter
{
    /// <summary>The filter of what <see cref="EncodeOptions.AllowAddedToken"/> says.</summary>
    public static MatchFilter For(Func<int, int, int, bool> allow, AddedVocabulary added) =>
        (token, start, end) => !allow(added.Ids[token.Content], start, end);

    /// <summary>The filter that the options ask for, over bytes of the text; null where all tokens are recognized.</summary>
    public static MatchFilter? For(string text, EncodeOptions options, AddedVocabulary added)
    {
        if (options.AllowAddedToken is { } allow)
        {
            return For(allow, added);
        }

        if (!options.RecognizeSpecialTokens)
        {
            return static (token, _, _) => token.Special;
        }

        if (options.DataRanges.Count == 0)
        {
            return null;
        }

        DataRanges ranges = new(text, options.DataRanges);
        return (token, start, end) => token.Special && ranges.Touches(start, end);
    }
}
