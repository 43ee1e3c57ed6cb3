namespace MultiTurnTrainer.Serving.Upstreams;

/// <summary>Ends an answer before the first of some words, which may come in pieces.</summary>
/// <param name="words">The words.</param>
internal sealed class StopWords(IReadOnlyList<string> words)
{
    private readonly int _longest = words.Count == 0 ? 0 : words.Max(word => word.Length);
    private string _held = "";

    /// <summary>Whether one has come.</summary>
    public bool Found { get; private set; }

    /// <summary>The text that may be shown now that more has come.</summary>
    public string Take(string text, bool isLast)
    {
        if (words.Count == 0)
        {
            return text;
        }

        _held += text;
        int at = words
            .Select(word => _held.IndexOf(word, StringComparison.Ordinal))
            .Where(i => i >= 0)
            .DefaultIfEmpty(-1)
            .Min();
        Found = at >= 0;
        int shown =
            Found ? at
            : isLast ? _held.Length
            : Math.Max(0, _held.Length - _longest + 1);
        string result = _held[..shown];
        _held = _held[shown..];
        return result;
    }
}
