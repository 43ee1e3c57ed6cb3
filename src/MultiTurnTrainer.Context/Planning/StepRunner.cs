using MultiTurnTrainer.Context.Policies;

namespace MultiTurnTrainer.Context.Planning;

/// <summary>Runs a policy's steps in their order: each looks at what the ones before it have left.</summary>
internal sealed class StepRunner(ContextPolicy policy, PromptLayout layout, MessageLog log, int budget)
{
    // Where what cannot leave takes more of a step's goal than this, shares are of the rest of the budget.
    private const double MostFixed = 0.8;

    private const double LeastBite = 0.05;

    /// <summary>Runs every step whose trigger holds.</summary>
    /// <param name="turn">The turn at hand.</param>
    /// <param name="notices">Grows by what to tell the user.</param>
    public IEnumerable<AppliedStep> Run(int turn, List<Notice> notices)
    {
        List<AppliedStep> applied = [];
        for (int i = 0; i < policy.Steps.Count; i++)
        {
            PolicyStep step = policy.Steps[i];
            if (!step.When.Holds(Size(step)))
            {
                continue;
            }

            using Activity? span = ContextTelemetry.Source.StartActivity("context.compress");
            int before = layout.Total;
            foreach (StepAction action in step.Do)
            {
                if (Do(action, step, turn, notices) is { } what)
                {
                    applied.Add(new AppliedStep(i, what, before, layout.Total));
                    before = layout.Total;
                }
            }

            span?.SetTag("context.step", i).SetTag("context.tokens", layout.Total);
        }

        return applied;
    }

    /// <summary>What is left when no step made the prompt fit: the oldest turns go, then every result but the newest call's, then the summary.</summary>
    public void Fit(int turn)
    {
        Summarize(turn, turn, budget, "the prompt was over the budget");
        if (layout.Total > budget)
        {
            Summarize(turn, turn, 0, "the prompt was over the budget");
        }

        while (layout.Total > budget && log.Turns.Count > 0 && layout.ClearOldestResult(0)) { }

        if (layout.Total > budget && layout.Summary.Tokens > 0)
        {
            layout.Summary.Shorten(layout.Summary.Tokens - (layout.Total - budget));
            layout.WriteSummary(turn);
        }
    }

    /// <summary>The tokens of a prompt at which a step's share of the budget is reached; null where it looks at something else.</summary>
    /// <param name="step">The step.</param>
    /// <param name="parts">The prompt as it is: what cannot leave it moves the threshold.</param>
    public static int? Threshold(PolicyStep step, BudgetParts parts)
    {
        int stays = parts.Prompt - parts.History;
        return step.When.Fraction is not { } share ? null
            : IsMostlyFixed(step.To, stays, parts.Budget)
                ? stays + (int)Math.Ceiling(share * Math.Max(0, parts.Budget - stays))
            : (int)Math.Ceiling(share * parts.Budget);
    }

    private string? Do(StepAction action, PolicyStep step, int turn, List<Notice> notices)
    {
        int goal = Goal(step.To);
        switch (action)
        {
            case StepAction.ClearToolResults:
                int cleared = 0;
                while (layout.Total > goal && layout.ClearOldestResult(policy.Tools.KeepResults))
                {
                    cleared++;
                }

                return cleared == 0 ? null : $"{cleared} older tool results became placeholders";
            case StepAction.SummarizeTurns:
                return Gently(turn + 1 - step.KeepTurns, turn, goal, "older turns were summarised");
            case StepAction.SummarizeMessages:
                return Gently(
                    LastMessages(step.KeepMessages, turn),
                    turn,
                    0,
                    "all but the last messages were summarised"
                );
            case StepAction.KeyFacts:
                if (!layout.KeepFactsOnly())
                {
                    return null;
                }

                layout.WriteSummary(turn);
                return "the summary keeps key facts only";
            default:
                notices.Add(
                    new("summarized", "Earlier parts of this conversation are summarised; details may be lost.")
                );
                return "the user is told";
        }
    }

    /// <summary>Lets the oldest turns leave where the summary that is to replace them is there.</summary>
    private string? Gently(int limit, int turn, int goal, string what) =>
        Bite(limit, goal) is { } first && layout.IsSummarized(first) ? Leave(first, turn, what) : null;

    /// <summary>Lets the oldest turns leave whatever the summary is.</summary>
    private void Summarize(int limit, int turn, int goal, string what)
    {
        if (Bite(limit, goal) is { } first)
        {
            Leave(first, turn, what);
        }
    }

    private string Leave(int first, int turn, string what)
    {
        layout.Drop(first, what);
        layout.WriteSummary(turn);
        return what;
    }

    /// <summary>The first turn that stays where the oldest leave, up to a limit, until the prompt is as small as wanted; null where none leaves.</summary>
    private int? Bite(int limit, int goal)
    {
        int first = layout.FirstTurn;
        if (limit <= first)
        {
            return null;
        }

        // The summary may grow to its cap by what it takes in.
        int left = layout.Total + Math.Max(0, layout.Summary.Cap - layout.Summary.Tokens);
        while (first < limit && left > goal)
        {
            left -= log.Turns[first].Tokens;
            first++;
        }

        // A bite that neither reaches the goal nor saves much would only break the prefix cache: leave it to a harsher step.
        bool isSmall = left > goal && goal > 0 && layout.Total - left < LeastBite * budget;
        return layout.Total <= goal || first == layout.FirstTurn || isSmall ? null : first;
    }

    /// <summary>The first of the last turns in the prompt that have no more messages than so many together.</summary>
    private int LastMessages(int most, int turn)
    {
        int first = turn;
        int messages = log.Turns[turn].End - log.Turns[turn].First;
        while (first > layout.FirstTurn && messages + log.Turns[first - 1].End - log.Turns[first - 1].First <= most)
        {
            first--;
            messages += log.Turns[first].End - log.Turns[first].First;
        }

        return first;
    }

    private int Fixed => layout.Total - layout.History;

    private bool IsMostlyFixed(double share) => IsMostlyFixed(share, Fixed, budget);

    private static bool IsMostlyFixed(double share, int stays, int budget) => stays > MostFixed * share * budget;

    private int Goal(double share) =>
        IsMostlyFixed(share) ? Fixed + (int)(share * Math.Max(0, budget - Fixed)) : (int)(share * budget);

    private PromptSize Size(PolicyStep step)
    {
        double fraction = IsMostlyFixed(step.To)
            ? layout.History / (double)Math.Max(1, budget - Fixed)
            : layout.Total / (double)Math.Max(1, budget);
        return new PromptSize(fraction, layout.Total, layout.Turns, layout.Messages);
    }
}
