namespace MultiTurnTrainer.Inference.Local;

/// <summary>The text of tokens as they come: what is whole of it, so that no half character is shown.</summary>
/// <param name="tokenizer">The tokenizer.</param>
internal sealed class TokenText(Tokenizer tokenizer)
{
    // Some decoders strip or join at the beginning, so new tokens are decoded behind some that are shown already.
    private const int MostBefore = 8;

    private readonly List<int> _ids = [];
    private int _shown;

    /// <summary>Adds a token; the text that became whole.</summary>
    public string Add(int id)
    {
        _ids.Add(id);
        return Take(whole: false);
    }

    /// <summary>What is left at the end, whole or not.</summary>
    public string Finish() => Take(whole: true);

    private string Take(bool whole)
    {
        int first = Math.Max(0, _shown - MostBefore);
        ReadOnlySpan<int> ids = CollectionsMarshal.AsSpan(_ids);
        string before = tokenizer.Decode(ids[first.._shown], skipSpecialTokens: true);
        string now = tokenizer.Decode(ids[first..], skipSpecialTokens: true);
        if (now.Length <= before.Length || (!whole && now.EndsWith('\uFFFD')))
        {
            return "";
        }

        _shown = _ids.Count;
        return now[before.Length..];
    }
}
