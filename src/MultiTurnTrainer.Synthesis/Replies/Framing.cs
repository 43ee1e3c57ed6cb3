namespace MultiTurnTrainer.Synthesis.Replies;

/// <summary>
/// Puts texts that others wrote into a prompt as data: each between a pair of markers that carry a word derived from
/// the run's seed and the call's place. The word occurs in none of the texts (another is drawn until that holds), so no
/// text can end its frame or begin another's.
/// </summary>
internal sealed class Framing
{
    private readonly string _word;

    private Framing(string word) => _word = word;

    /// <summary>The frames of one call.</summary>
    /// <param name="runSeed">The run's seed.</param>
    /// <param name="key">The place of the call.</param>
    /// <param name="texts">All texts that will be framed.</param>
    public static Framing For(int runSeed, CallKey key, IReadOnlyCollection<string> texts)
    {
        for (int number = 0; ; number++)
        {
            string word = key.Boundary(runSeed, number);
            if (!texts.Any(text => text.Contains(word, StringComparison.OrdinalIgnoreCase)))
            {
                return new Framing(word);
            }
        }
    }

    /// <summary>One text in its frame.</summary>
    public string Wrap(string label, string text) => $"[begin {label} {_word}]\n{text}\n[end {label} {_word}]";
}
