namespace MultiTurnTrainer.Cli;

/// <summary>What standard error says when a command could not do its work: one error, one remedy, no stack trace.</summary>
internal static class ErrorReport
{
    /// <summary>Writes the error and its remedy; with <paramref name="verbose"/> the whole chain of causes too.</summary>
    public static void Write(Exception problem, bool verbose)
    {
        Exception cause = problem is AggregateException { InnerException: { } inner } ? inner : problem;
        (string message, string? remedy) = Explain(cause);
        IEnumerable<string> lines = cause is MttException { HasLines: true } ? message.Split('\n') : [message];
        Console.Error.WriteLine($"error: {string.Join('\n', lines.Select(Printable.Line))}");
        if (remedy is not null)
        {
            Console.Error.WriteLine($"  hint: {Printable.Line(remedy)}");
        }

        if (verbose)
        {
            Console.Error.WriteLine(problem);
        }
    }

    private static (string Message, string? Remedy) Explain(Exception cause) =>
        cause switch
        {
            MttException mtt => (mtt.Message, mtt.Remedy),
            _ when MemoryShortage.Is(cause) => (
                $"memory ran out: {cause.Message.Split('\n')[0]}",
                "Give less input at a time or shorter rows, use --dtype bfloat16 where the command has it, or a machine with more memory."
            ),
            IOException or UnauthorizedAccessException => (cause.Message, null),
            _ => (
                $"unexpected: {cause.GetType().Name}: {cause.Message.Split('\n')[0]}",
                "This is a fault in mtt: please report it with the output of the same command and --verbose."
            ),
        };
}
