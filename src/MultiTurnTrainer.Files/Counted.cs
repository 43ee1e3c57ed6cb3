namespace MultiTurnTrainer.Files;

/// <summary>A number with its noun: <c>1 row</c>, <c>2 rows</c>, <c>1,000 entries</c>.</summary>
public static class Counted
{
    /// <summary>A count and its noun, in the plural unless there is exactly one.</summary>
    /// <param name="count">How many there are.</param>
    /// <param name="one">What one of them is called, with its verb when there is one: <c>task is</c>.</param>
    /// <param name="many">What several are called; by default <paramref name="one"/> with an s.</param>
    public static string Of(long count, string one, string? many = null) =>
        Invariant($"{count:N0} {(count == 1 ? one : many ?? one + "s")}");
}
