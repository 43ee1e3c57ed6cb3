using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Report;

/// <summary>Rewards, margins and accuracy of the preference objectives, and by exchange.</summary>
internal static class PreferencePlots
{
    private const int Curves = 6;

    /// <summary>Rewards and accuracy over the steps, and the margin of each exchange.</summary>
    /// <param name="steps">The lines of <c>preferences.jsonl</c>.</param>
    public static IEnumerable<Plot> Of(IReadOnlyList<PreferenceMetrics> steps)
    {
        if (steps.Count == 0)
        {
            return [];
        }

        int[] turns = [.. FindTurns(steps).Take(Curves)];
        return
        [
            Draw(
                "Rewards",
                "reward, nats",
                new PlotSeries("chosen", Points(steps, step => step.All.RewardsChosen)),
                new PlotSeries("rejected", Points(steps, step => step.All.RewardsRejected)),
                new PlotSeries("margin", Points(steps, step => step.All.RewardsMargins), PlotMark.Faint)
            ),
            Draw(
                "Chosen side has the higher reward",
                "share of pairs",
                new PlotSeries("accuracy", Points(steps, step => step.All.RewardsAccuracies))
            ),
            Draw(
                "Margin by turn",
                "reward, nats",
                [
                    .. turns.Select(turn => new PlotSeries(
                        $"turn {turn}",
                        Points(steps, step => step.ByTurn.GetValueOrDefault(turn)?.RewardsMargins)
                    )),
                ]
            ),
        ];
    }

    private static Plot Draw(string title, string unit, params IReadOnlyList<PlotSeries> series) =>
        new Plot(title, series) { XTitle = TrainingReport.StepTitle, YTitle = unit };

    /// <summary>First and last step of each exchange.</summary>
    /// <param name="page">Where it goes.</param>
    /// <param name="steps">The lines of <c>preferences.jsonl</c>.</param>
    public static void AddTable(HtmlPage page, IReadOnlyList<PreferenceMetrics> steps)
    {
        if (steps.Count > 0)
        {
            page.AddFacts(
                "Loss, margin, accuracy by turn: first → last step that has it",
                [
                    .. FindTurns(steps)
                        .Select(turn =>
                            steps.Select(step => step.ByTurn.GetValueOrDefault(turn)).OfType<PreferencePart>()
                        )
                        .Zip(
                            FindTurns(steps),
                            (parts, turn) => ($"turn {turn}", $"{Text(parts.First())} → {Text(parts.Last())}")
                        ),
                ]
            );
        }
    }

    private static IEnumerable<int> FindTurns(IReadOnlyList<PreferenceMetrics> steps) =>
        steps.SelectMany(step => step.ByTurn.Keys).Distinct().Order();

    private static string Text(PreferencePart part) =>
        Invariant($"{part.Loss:F4}, {part.RewardsMargins:F4}, {part.RewardsAccuracies:P0}");

    private static PlotPoint[] Points(IReadOnlyList<PreferenceMetrics> steps, Func<PreferenceMetrics, double?> of) =>
        [
            .. steps
                .Where(step => of(step) is { } value && double.IsFinite(value))
                .Select(step => new PlotPoint(step.Step, of(step)!.Value)),
        ];
}
