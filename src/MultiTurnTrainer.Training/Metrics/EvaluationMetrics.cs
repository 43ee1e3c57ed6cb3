namespace MultiTurnTrainer.Training.Metrics;

/// <summary>Loss and count of some labelled tokens.</summary>
/// <param name="Loss">Mean loss in nats.</param>
/// <param name="Tokens">How many tokens.</param>
public sealed record LossPart(double Loss, long Tokens);

/// <summary>What an evaluation measured; one line of <c>evaluations.jsonl</c>.</summary>
/// <param name="Step">The optimizer step after which it ran; 0 is before training.</param>
/// <param name="Loss">Mean loss over all labelled tokens, nats.</param>
/// <param name="Accuracy">Share of labelled tokens whose label was the most likely token.</param>
/// <param name="SupervisedTokens">Labelled tokens.</param>
/// <param name="ByTurn">By number of the exchange in its conversation, from 1.</param>
/// <param name="ByRole">By whose words they are.</param>
/// <param name="ByField">By part of the message: content, reasoning, tool calls.</param>
/// <param name="Best">Whether this is the best measure so far.</param>
public sealed record EvaluationMetrics(
    int Step,
    double Loss,
    double Accuracy,
    long SupervisedTokens,
    IReadOnlyDictionary<int, LossPart> ByTurn,
    IReadOnlyDictionary<string, LossPart> ByRole,
    IReadOnlyDictionary<string, LossPart> ByField,
    bool Best
)
{
    /// <summary>The mean score on tasks, 0 to 100; null where none are scored.</summary>
    public double? TaskScore { get; init; }

    /// <summary>What decides which checkpoint is the best, less being better: the loss, or the score with its sign turned.</summary>
    public double Measure => -TaskScore ?? Loss;

    /// <summary>An evaluation that has no rows, and so no loss.</summary>
    internal static EvaluationMetrics WithoutRows(int step) =>
        new(
            step,
            double.NaN,
            double.NaN,
            0,
            new Dictionary<int, LossPart>(),
            new Dictionary<string, LossPart>(),
            new Dictionary<string, LossPart>(),
            Best: false
        );
}
