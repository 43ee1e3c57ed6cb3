namespace MultiTurnTrainer.Tokenizers.AddedTokens;

/// <summary>A token that is found in the text before the model sees it.</summary>
/// <param name="Content">What it looks like.</param>
/// <param name="SingleWord">Whether no word character may stand beside it.</param>
/// <param name="StripLeft">Whether it takes the whitespace before it.</param>
/// <param name="StripRight">Whether it takes the whitespace behind it.</param>
/// <param name="Normalized">Whether it is looked for in the normalized text.</param>
/// <param name="Special">Whether it is a control token, left out when decoding for people.</param>
/// <param name="Id">The id that its file declares, or −1.</param>
internal sealed record AddedToken(
    string Content,
    bool SingleWord,
    bool StripLeft,
    bool StripRight,
    bool Normalized,
    bool Special,
    int Id = -1
)
{
    /// <summary>Whether the token may be found in the place of another one: it begins with it, or holds its first character further on.</summary>
    public bool MayOverlap(AddedToken other) =>
        Content.StartsWith(other.Content, StringComparison.Ordinal) || Content.IndexOf(other.Content[0], 1) > 0;

    /// <summary>A control token, found in the text as it is.</summary>
    public static AddedToken Control(string content, int id = -1) =>
        new(content, SingleWord: false, StripLeft: false, StripRight: false, Normalized: false, Special: true, id);
}
