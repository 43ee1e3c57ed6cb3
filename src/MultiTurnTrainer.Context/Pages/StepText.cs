using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Pages;

/// <summary>A policy's steps in words.</summary>
public static class StepText
{
    /// <summary>When a step acts, and what it does: <c>at 60 % of the budget: clear tool results, summarize turns, down to 50 %</c>.</summary>
    public static string Of(PolicyStep step) =>
        Invariant($"at {Of(step.When)}: {string.Join(", ", step.Do.Select(Of))}, down to {step.To * 100:0} %");

    /// <summary>Which messages are gone, and why.</summary>
    public static string Of(Omission left) =>
        Invariant($"messages[{left.First}] to [{left.Last}], {Counted.Of(left.Tokens, "token")}: {left.Reason}");

    /// <summary>Names a step by its place in the policy; nothing for what is no step.</summary>
    internal static string Of(int step) => step < 0 ? "" : Invariant($"step {step + 1}: ");

    private static string Of(StepAction action) => Naming.SnakeCase(action).Replace('_', ' ');

    private static string Of(Trigger trigger)
    {
        string?[] conditions =
        [
            trigger.Fraction is { } share ? Invariant($"{share * 100:0} % of the budget") : null,
            trigger.Tokens is { } tokens ? Counted.Of(tokens, "token") : null,
            trigger.Turns is { } turns ? Counted.Of(turns, "turn") : null,
            trigger.Messages is { } messages ? Counted.Of(messages, "message") : null,
            .. trigger.All.Select(Of),
            trigger.Any.Count > 0 ? string.Join(" or ", trigger.Any.Select(Of)) : null,
        ];
        return string.Join(" and ", conditions.Where(condition => condition is not null));
    }
}
