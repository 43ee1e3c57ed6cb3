using MultiTurnTrainer.Evaluation.Scoring;
using MultiTurnTrainer.Evaluation.Simulation;
using MultiTurnTrainer.Evaluation.Verifiers;

namespace MultiTurnTrainer.Evaluation;

/// <summary>What one mode gave over all runs of one family of tasks.</summary>
/// <param name="Choice">The mode.</param>
/// <param name="Family">The family.</param>
/// <param name="Metric">What its scores are.</param>
/// <param name="Tasks">How many tasks.</param>
/// <param name="Runs">How many runs of each.</param>
/// <param name="AnyAttempt">Scores that count a correct reply at any turn (the published measure).</param>
/// <param name="LastTurn">Scores of the last reply alone.</param>
/// <param name="AsPublished">The published measure by the benchmark's own scorer, faults included.</param>
/// <param name="Behaviour">How the dialogues went.</param>
/// <param name="Contradiction">What a contradiction did, in the modes that have one.</param>
public sealed record ModeResult(
    SimulationChoice Choice,
    string Family,
    string Metric,
    int Tasks,
    int Runs,
    RunStatistics AnyAttempt,
    RunStatistics LastTurn,
    RunStatistics AsPublished,
    Behaviour Behaviour,
    Contradiction? Contradiction
)
{
    /// <summary>Sums up the dialogues of one mode and family.</summary>
    public static ModeResult Of(IReadOnlyCollection<Dialogue> dialogues, IVerifier verifier)
    {
        IGrouping<string, Dialogue>[] byTask = [.. dialogues.GroupBy(dialogue => dialogue.Task.Id)];
        RunStatistics Score(Func<Dialogue, double> score) =>
            RunStatistics.Of([.. byTask.Select(runs => runs.Select(run => 100 * score(run)).ToArray())]);
        Dialogue first = dialogues.First();
        SimulationChoice choice = first.Choice;
        return new ModeResult(
            choice,
            first.Task.Family,
            verifier.Metric(first.Task),
            byTask.Length,
            byTask[0].Count(),
            Score(dialogue => dialogue.Score),
            Score(dialogue => dialogue.LastScore),
            Score(dialogue => dialogue.ScoreAsPublished),
            Behaviour.Of(dialogues),
            choice.Mode is SimulationMode.ContradictedRightly or SimulationMode.ContradictedWrongly
                ? Contradiction.Of(dialogues)
                : null
        );
    }
}

/// <summary>How a model goes about its tasks, as means over dialogues.</summary>
/// <param name="FirstAttempt">The turn of the first answer, from 1, over the dialogues that have one; null where none has.</param>
/// <param name="Attempts">Answers in a dialogue.</param>
/// <param name="Tokens">Tokens of a dialogue's replies.</param>
/// <param name="CopiedShare">The share of the last reply that is copied from a wrong reply of its own, 0 to 1.</param>
public sealed record Behaviour(double? FirstAttempt, double Attempts, double Tokens, double CopiedShare)
{
    /// <summary>The means.</summary>
    public static Behaviour Of(IReadOnlyCollection<Dialogue> dialogues) =>
        new(
            dialogues.Average(dialogue => dialogue.FirstAttempt),
            dialogues.Average(dialogue => dialogue.Attempts),
            dialogues.Average(dialogue => dialogue.Tokens),
            dialogues.Average(dialogue => dialogue.CopiedShare)
        );
}

/// <summary>What came of the dialogues in which a user contradicts.</summary>
/// <param name="Counted">Dialogues whose reply before was wrong (a user who is right) or right (a user who is wrong).</param>
/// <param name="Right">
/// The share of them, 0 to 1, whose final answer is right: the correction was <em>accepted</em>, or the false one <em>resisted</em>.
/// </param>
/// <param name="RecoveryTurn">The first right reply after the contradiction, from 1, over those that have one; null where none has.</param>
public sealed record Contradiction(int Counted, double Right, double? RecoveryTurn)
{
    /// <summary>Sums up.</summary>
    public static Contradiction Of(IEnumerable<Dialogue> dialogues)
    {
        Dialogue[] counted = [.. dialogues.Where(dialogue => dialogue.IsContradicted)];
        return new Contradiction(
            counted.Length,
            counted.Length == 0 ? 0 : counted.Average(dialogue => dialogue.LastTurn ? 1.0 : 0.0),
            counted.Average(dialogue => dialogue.RecoveryTurn)
        );
    }
}
