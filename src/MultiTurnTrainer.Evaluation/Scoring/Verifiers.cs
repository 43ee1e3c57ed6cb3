// Folder Scoring: judges an answer, and sums over runs.
// Refuses to know: dialogues, models.

namespace MultiTurnTrainer.Evaluation.Scoring;

/// <summary>The verifier of a task family.</summary>
public static class Verifiers
{
    /// <summary>Chooses by the family that all tasks share.</summary>
    /// <exception cref="MttException">Families are mixed, or the family's score needs parts mtt does not have.</exception>
    public static IVerifier For(IReadOnlyList<ShardedTask> tasks)
    {
        string[] families = [.. tasks.Select(task => task.Family).Distinct().Order(StringComparer.Ordinal)];
        if (families.Length != 1)
        {
            throw new MttException(
                $"the tasks mix families: {string.Join(", ", families)}",
                "Evaluate one family at a time."
            );
        }

        return families[0] switch
        {
            "math" => new MathVerifier(),
            "exact" => new ExactVerifier(),
            string other => throw new MttException(
                $"no verifier for tasks of the family '{other}'",
                "Known: math (last number), exact (last line). Database and code tasks need their own engines."
            ),
        };
    }
}
