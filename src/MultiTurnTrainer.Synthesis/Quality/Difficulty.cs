namespace MultiTurnTrainer.Synthesis.Quality;

/// <summary>
/// A proxy for the difficulty of a question, from 0 to 1: the mean of four features, each capped at 1: words / 40,
/// whether it asks for reasoning, conditions / 3 (numbers and words such as "if", "unless", "must", "without"), and the
/// share of words of eight or more letters / 0.4. The paper lets GPT-4o label easy, medium and hard instead.
/// </summary>
internal static class Difficulty
{
    /// <summary>Below this a question counts as easy.</summary>
    public const double Medium = 0.3;

    /// <summary>From this on a question counts as hard.</summary>
    public const double Hard = 0.55;

    private static readonly FrozenSet<string> _reasoning = (
        "why how explain compare contrast prove derive analyze analyse evaluate assess justify design critique difference "
        + "differences tradeoff tradeoffs trade implications implication consequences relationship cause causes mechanism "
        + "optimize diagnose predict"
    )
        .Split(' ')
        .ToFrozenSet(StringComparer.Ordinal);

    private static readonly FrozenSet<string> _conditions =
        "if unless must without except given assuming although while only least most exactly when but whereas"
            .Split(' ')
            .ToFrozenSet(StringComparer.Ordinal);

    public static double Of(IReadOnlyList<string> words)
    {
        if (words.Count == 0)
        {
            return 0;
        }

        int conditions = words.Count(word => _conditions.Contains(word) || char.IsAsciiDigit(word[0]));
        double longWords = (double)words.Count(word => word.Length >= 8) / words.Count;
        return (
                Math.Min(1, words.Count / 40.0)
                + (AsksForReasoning(words) ? 1 : 0)
                + Math.Min(1, conditions / 3.0)
                + Math.Min(1, longWords / 0.4)
            ) / 4;
    }

    /// <summary>Whether a question asks for reasons, comparisons, designs or judgements.</summary>
    public static bool AsksForReasoning(IReadOnlyList<string> words) => words.Any(_reasoning.Contains);
}
