using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Report;

/// <summary>The terms of a distilling loss by step, and the dialogues that were learnt from.</summary>
internal static class DistillationPlots
{
    // The first, the last, and some between.
    private const int MostRollouts = 8;

    /// <summary>The middle, answer and FULL terms over the steps: what each adds to the loss, and the divergence itself.</summary>
    /// <param name="steps">The lines of <c>distillation.jsonl</c>.</param>
    public static IEnumerable<Plot> Of(IReadOnlyList<DistillationMetrics> steps) =>
        steps.Count == 0
            ? []
            :
            [
                Draw("Loss by term", "nats per token, weighted", steps, part => part.Loss),
                Draw("Divergence by term", "nats per token", steps, part => part.Divergence),
            ];

    /// <summary>Some of the dialogues, the first and the last among them.</summary>
    /// <param name="page">Where they go.</param>
    /// <param name="rollouts">The lines of <c>rollouts.jsonl</c>.</param>
    public static void AddRollouts(HtmlPage page, IReadOnlyList<RolloutRecord> rollouts)
    {
        if (rollouts.Count == 0)
        {
            return;
        }

        int shown = Math.Min(MostRollouts, rollouts.Count);
        page.AddRaw("<h2>Rollouts</h2>\n")
            .AddText(
                Invariant(
                    $"What the student said when it was asked, {shown} of {Counted.Of(rollouts.Count, "step")} that rollouts.jsonl holds."
                )
            );
        foreach (int i in Enumerable.Range(0, shown).Select(i => i * (rollouts.Count - 1) / Math.Max(1, shown - 1)))
        {
            RolloutRecord rollout = rollouts[i];
            string kind = rollout.Term == ReplyTerm.Full ? "the whole task in one prompt" : "turn by turn";
            page.Add($"<details{(i == rollouts.Count - 1 ? " open" : "")}>")
                .Add($"<summary>step {rollout.Step}: {HtmlPage.Escape(rollout.Task)}, {kind}</summary>\n");
            foreach (RolloutTurn turn in rollout.Turns)
            {
                page.AddTexts([("user", turn.User), ("student", turn.Reply)]);
            }

            page.AddRaw("</details>\n");
        }
    }

    private static Plot Draw(
        string title,
        string unit,
        IReadOnlyList<DistillationMetrics> steps,
        Func<DistillationPart, double> value
    )
    {
        PlotSeries Series(string name, Func<DistillationMetrics, DistillationPart?> term) =>
            new(
                name,
                [
                    .. steps
                        .Where(step => term(step) is { } part && double.IsFinite(value(part)))
                        .Select(step => new PlotPoint(step.Step, value(term(step)!))),
                ]
            );
        PlotSeries[] series =
        [
            Series("middle", step => step.Middle),
            Series("answer", step => step.Answer),
            Series("FULL", step => step.Full),
        ];
        return new Plot(title, [.. series.Where(line => line.Points.Count > 0)])
        {
            XTitle = TrainingReport.StepTitle,
            YTitle = unit,
        };
    }
}
