using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Report;

/// <summary>The evaluation losses by turn, role and part of the message.</summary>
internal static class EvaluationPlots
{
    private const int Curves = 6;

    /// <summary>The loss of each turn over the steps, and over the turns at the first and the last evaluation.</summary>
    /// <param name="evaluations">The lines of <c>evaluations.jsonl</c>.</param>
    public static IEnumerable<Plot> Of(IReadOnlyList<JsonView> evaluations)
    {
        string[] turns =
        [
            .. evaluations.SelectMany(line => Parts(line, "by_turn")).Select(part => part.Name).Distinct(),
        ];
        if (turns.Length == 0)
        {
            return [];
        }

        return
        [
            new Plot(
                "Evaluation loss by turn",
                [
                    .. turns
                        .Take(Curves)
                        .Select(turn => new PlotSeries($"turn {turn}", Curve(evaluations, turn), PlotMark.Dots)),
                ]
            )
            {
                XTitle = TrainingReport.StepTitle,
                YTitle = TrainingReport.LossTitle,
            },
            new Plot(
                "Evaluation loss over the turns of a conversation",
                new PlotSeries(At(evaluations[0]), Profile(evaluations[0]), PlotMark.Dots),
                new PlotSeries(At(evaluations[^1]), Profile(evaluations[^1]), PlotMark.Dots)
            )
            {
                XTitle = "turn of the conversation",
                YTitle = TrainingReport.LossTitle,
            },
        ];
    }

    /// <summary>First and last loss of each turn, role and part.</summary>
    /// <param name="page">Where they go.</param>
    /// <param name="evaluations">The lines of <c>evaluations.jsonl</c>.</param>
    public static void AddTables(HtmlPage page, IReadOnlyList<JsonView> evaluations)
    {
        if (evaluations.Count > 0)
        {
            page.AddFacts(
                "Evaluation loss: first → last evaluation",
                [
                    .. Rows(evaluations, "by_turn", "turn "),
                    .. Rows(evaluations, "by_role", "role "),
                    .. Rows(evaluations, "by_field", ""),
                ]
            );
        }
    }

    private static IEnumerable<(string, string)> Rows(
        IReadOnlyList<JsonView> evaluations,
        string split,
        string prefix
    ) =>
        Parts(evaluations[^1], split)
            .Select(part =>
            {
                double before = Parts(evaluations[0], split)
                    .Where(old => old.Name == part.Name)
                    .Select(old => MetricsLog.ReadNumber(old.Value, "loss"))
                    .FirstOrDefault(double.NaN);
                string text = Invariant(
                    $"{before:F4} → {MetricsLog.ReadNumber(part.Value, "loss"):F4} ({part.Value.GetProperty("tokens")} tokens)"
                );
                return (prefix + part.Name, text);
            });

    private static PlotPoint[] Curve(IReadOnlyList<JsonView> evaluations, string turn) =>
        [
            .. evaluations.SelectMany(line =>
                Parts(line, "by_turn")
                    .Where(part => part.Name == turn)
                    .Select(part => new PlotPoint(
                        line.GetProperty("step").GetInt32(),
                        MetricsLog.ReadNumber(part.Value, "loss")
                    ))
                    .Where(point => double.IsFinite(point.Y))
            ),
        ];

    private static PlotPoint[] Profile(JsonView evaluation) =>
        [
            .. Parts(evaluation, "by_turn")
                .Select(part => new PlotPoint(
                    double.Parse(part.Name, CultureInfo.InvariantCulture),
                    MetricsLog.ReadNumber(part.Value, "loss")
                ))
                .Where(point => double.IsFinite(point.Y)),
        ];

    private static string At(JsonView evaluation) => $"after step {evaluation.GetProperty("step")}";

    // Runs of earlier versions of mtt have no roles.
    private static IEnumerable<JsonMember> Parts(JsonView evaluation, string split) =>
        evaluation.TryGetProperty(split, out JsonView parts) ? parts.EnumerateObject() : [];
}
