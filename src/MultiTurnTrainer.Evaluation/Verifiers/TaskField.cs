namespace MultiTurnTrainer.Evaluation.Verifiers;

/// <summary>Fields of a task that only its family knows.</summary>
internal static class TaskField
{
    /// <summary>A text.</summary>
    /// <exception cref="MttException">It is missing.</exception>
    public static string Text(ShardedTask task, string name) =>
        task.Json.GetString(name) ?? throw Wrong(task, name, "is missing or no text");

    /// <summary>A value, read in its own way.</summary>
    /// <exception cref="MttException">It cannot be read.</exception>
    public static T Read<T>(ShardedTask task, string name, Func<object?, T> read)
    {
        try
        {
            return read(task.Json.Get(name)?.ToTree());
        }
        catch (FormatException problem)
        {
            throw Wrong(task, name, problem.Message);
        }
    }

    /// <summary>The error about a field.</summary>
    public static MttException Wrong(ShardedTask task, string name, string problem) =>
        new(
            $"{task.Place}: {name}: {problem}",
            $"Tasks of the family {task.Family} need it as the benchmark has it; see mtt docs evaluation."
        );
}
