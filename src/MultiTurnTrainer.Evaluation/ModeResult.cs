using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Evaluation.Simulation;

namespace MultiTurnTrainer.Evaluation;

/// <summary>What one mode gave over all runs.</summary>
/// <param name="Mode">The mode.</param>
/// <param name="Tasks">How many tasks.</param>
/// <param name="Runs">How many runs of each.</param>
/// <param name="AnyAttempt">Scores that count a correct reply at any turn (the published measure).</param>
/// <param name="LastTurn">Scores of the last reply alone.</param>
public sealed record ModeResult(
    SimulationMode Mode,
    int Tasks,
    int Runs,
    RunStatistics AnyAttempt,
    RunStatistics LastTurn
)
{
    /// <summary>Sums up the dialogues of one mode.</summary>
    public static ModeResult Of(IReadOnlyCollection<Dialogue> dialogues)
    {
        IGrouping<string, Dialogue>[] byTask = [.. dialogues.GroupBy(dialogue => dialogue.Task.Id)];
        RunStatistics Score(Func<Dialogue, bool> hit) =>
            RunStatistics.Of([.. byTask.Select(runs => runs.Select(run => hit(run) ? 100.0 : 0.0).ToArray())]);
        return new ModeResult(
            dialogues.First().Mode,
            byTask.Length,
            byTask[0].Count(),
            Score(dialogue => dialogue.AnyAttempt),
            Score(dialogue => dialogue.LastTurn)
        );
    }
}
