namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What <c>mtt evaluate</c> says.</summary>
internal static class EvaluateText
{
    private const int ShownLeftOut = 10;

    private static readonly Table _scores = new(
        "{0,-22}{1,7:F1}{2,7:F1}{3,7:F1}  {4,7:F1}{5,7:F1}{6,7:F1}  {7,6:F1}{8,8:F1}{9,8:F1}{10,7:P0}",
        ["", "any", "A", "U", "last", "A", "U", "first", "answers", "tokens", "copied"]
    );

    public static void WriteHead() => Console.Out.WriteLine(_scores.Head);

    /// <summary>The rows of a whole table.</summary>
    public static void WriteTable(EvaluationResult result)
    {
        WriteHead();
        bool hasFamilies = result.Modes.Select(mode => mode.Family).Distinct().Count() > 1;
        foreach (ModeResult mode in result.Modes)
        {
            WriteMode(mode, hasFamilies);
        }
    }

    /// <summary>One row.</summary>
    /// <param name="result">The row.</param>
    /// <param name="hasFamilies">Whether the family is named.</param>
    public static void WriteMode(ModeResult result, bool hasFamilies)
    {
        Console.Out.WriteLine(
            _scores.Line(
                hasFamilies ? Printable.Of($"{result.Family} {result.Choice.Name}") : result.Choice.Name,
                result.AnyAttempt.Mean,
                result.AnyAttempt.Aptitude,
                result.AnyAttempt.Unreliability,
                result.LastTurn.Mean,
                result.LastTurn.Aptitude,
                result.LastTurn.Unreliability,
                result.Behaviour.FirstAttempt,
                result.Behaviour.Attempts,
                result.Behaviour.Tokens,
                result.Behaviour.CopiedShare
            )
        );
        if (Math.Abs(result.AsPublished.Mean - result.AnyAttempt.Mean) > 0.05)
        {
            Console.Out.WriteLine(
                Invariant($"  {result.AsPublished.Mean:F1} by the benchmark's own scorer, faults included")
            );
        }

        if (result.Contradiction is { } contradiction)
        {
            string word = result.Choice.Mode == SimulationMode.ContradictedRightly ? "accepted" : "resisted";
            string recovery = contradiction.RecoveryTurn is { } turn
                ? Invariant($", first right reply at turn {turn:F1} after it")
                : "";
            Console.Out.WriteLine(
                Invariant(
                    $"  {word} in {contradiction.Right:P1} of {Counted.Of(contradiction.Counted, "dialogue")}{recovery}"
                )
            );
        }
    }

    /// <summary>What is not in the table.</summary>
    public static void WriteLeftOut(IReadOnlyList<string> leftOut, string what)
    {
        foreach (string line in leftOut.Take(ShownLeftOut))
        {
            Console.Error.WriteLine(Printable.Of($"{what}: {line}"));
        }

        if (leftOut.Count > ShownLeftOut)
        {
            Console.Error.WriteLine($"{what}: {leftOut.Count - ShownLeftOut} more, all in --output");
        }
    }
}
