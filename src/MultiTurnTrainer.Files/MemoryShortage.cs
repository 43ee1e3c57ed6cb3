namespace MultiTurnTrainer.Files;

/// <summary>Tells a failed allocation from other failures, wherever it was noticed: here, in libtorch, on a GPU.</summary>
public static class MemoryShortage
{
    private static readonly string[] _signs = ["out of memory", "not enough memory", "allocate memory"];

    /// <summary>Whether an exception means that memory ran out, on this thread or on others that worked with it.</summary>
    public static bool Is(Exception problem) =>
        problem is OutOfMemoryException
        || (problem is AggregateException several && several.InnerExceptions.Any(Is))
        || (
            problem is not MttException
            && _signs.Any(sign => problem.Message.Contains(sign, StringComparison.OrdinalIgnoreCase))
        );

    /// <summary>Whether memory ran out, also where an explanation was put in its place.</summary>
    public static bool IsBehind(Exception? problem) =>
        problem is not null && (Is(problem) || IsBehind(problem.InnerException));
}
