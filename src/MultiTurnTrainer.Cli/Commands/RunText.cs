namespace MultiTurnTrainer.Cli.Commands;

/// <summary>What <c>mtt run</c> says.</summary>
internal static class RunText
{
    private const int MostReasons = 4;

    /// <summary>The plan: a line a step, and the command lines of those that will be done.</summary>
    public static string Plan(
        string folder,
        IReadOnlyList<RunStep> steps,
        IReadOnlyDictionary<string, StepVerdict> plan,
        IReadOnlyList<string> given
    )
    {
        StringBuilder text = new(Printable.Of($"plan of {folder}:\n"));
        foreach (RunStep step in steps)
        {
            if (step.Idle is { } idle)
            {
                text.Append(Printable.Of($"  {step.Name, -9} none   {idle}\n"));
                continue;
            }

            StepVerdict verdict = plan[step.Name];
            text.Append(Printable.Of($"  {step.Name, -9} {Word(verdict.State), -6} {Why(verdict)}\n"));
            foreach (IReadOnlyList<string> line in verdict.State == StepState.Fresh ? [] : step.Commands)
            {
                text.Append(Printable.Of($"              {Line([.. line, .. given])}\n"));
            }
        }

        return text.ToString();
    }

    /// <summary>A command line as a shell takes it.</summary>
    public static string Line(IEnumerable<string> words) => $"mtt {string.Join(' ', words.Select(Quoted))}";

    private static string Word(StepState state) =>
        state switch
        {
            StepState.Fresh => "fresh",
            StepState.Run => "run",
            _ => "maybe",
        };

    private static string Why(StepVerdict verdict)
    {
        if (verdict.State == StepState.Fresh)
        {
            return "settings, inputs, program and what it left are as they were";
        }

        string reasons = string.Join("; ", verdict.Reasons.Take(MostReasons));
        int more = verdict.Reasons.Count - MostReasons;
        return more > 0 ? $"{reasons}; and {more} more" : reasons;
    }

    private static string Quoted(string word) =>
        word.Length > 0
        && word.All(c => char.IsAsciiLetterOrDigit(c) || "-_./=,:@+%".Contains(c, StringComparison.Ordinal))
            ? word
            : $"'{word.Replace("'", "'\\''", StringComparison.Ordinal)}'";
}
