using System.Text;
using MultiTurnTrainer.Synthesis.Calls;

namespace MultiTurnTrainer.Synthesis.Replies;

/// <summary>
/// Puts texts that others wrote into a prompt as data: each between a pair of markers that carry a word derived from
/// the run's seed and the call's place. The word occurs in none of the texts (another is drawn until that holds), so no
/// text can end its frame or begin another's.
/// </summary>
internal static class Framing
{
    /// <summary>The texts in their frames, one under the other.</summary>
    /// <param name="runSeed">The run's seed.</param>
    /// <param name="key">The place of the call.</param>
    /// <param name="parts">Label and text of every part.</param>
    public static string Frame(int runSeed, CallKey key, params IReadOnlyList<(string Label, string Text)> parts)
    {
        string word = Word(runSeed, key, parts);
        StringBuilder framed = new();
        foreach ((string label, string text) in parts)
        {
            framed.Append($"[begin {label} {word}]\n{text}\n[end {label} {word}]\n");
        }

        return framed.ToString(0, Math.Max(0, framed.Length - 1));
    }

    private static string Word(int runSeed, CallKey key, IReadOnlyList<(string Label, string Text)> parts)
    {
        for (int number = 0; ; number++)
        {
            string word = key.Boundary(runSeed, number);
            if (!parts.Any(part => part.Text.Contains(word, StringComparison.OrdinalIgnoreCase)))
            {
                return word;
            }
        }
    }
}
