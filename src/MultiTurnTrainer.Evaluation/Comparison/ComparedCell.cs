using MultiTurnTrainer.Evaluation.Scoring;

namespace MultiTurnTrainer.Evaluation.Comparison;

/// <summary>One method in one mode.</summary>
/// <param name="Method">The evaluation's name.</param>
/// <param name="Mode">The mode's name.</param>
/// <param name="Measure">What <paramref name="Mean"/> counts: <c>any</c> reply correct, or the <c>last</c>.</param>
/// <param name="Mean">Over seeds and tasks, 0 to 100.</param>
/// <param name="Interval">Of the mean.</param>
/// <param name="BySeed">The mean of each seed.</param>
/// <param name="Difference">From the first method, over the seeds that both have; null for the first method itself.</param>
/// <param name="DifferenceInterval">Paired by seed and task.</param>
/// <param name="Claimed">Whether that interval excludes 0.</param>
/// <param name="FirstAttempt">Mean turn of the first answer.</param>
/// <param name="Attempts">Mean number of answers.</param>
/// <param name="Tokens">Mean tokens of a dialogue's replies.</param>
/// <param name="CopiedShare">Mean share of the last reply copied from a wrong reply of its own.</param>
/// <param name="RecoveryTurn">Mean turn of the first right reply after a contradiction.</param>
/// <param name="Tasks">Tasks that counted, of all seeds together.</param>
public sealed record ComparedCell(
    string Method,
    string Mode,
    string Measure,
    double Mean,
    Interval Interval,
    IReadOnlyDictionary<string, double> BySeed,
    double? Difference,
    Interval? DifferenceInterval,
    bool Claimed,
    double? FirstAttempt,
    double Attempts,
    double Tokens,
    double CopiedShare,
    double? RecoveryTurn,
    int Tasks
);

/// <summary>What a method keeps of its FULL score when the task comes in shards.</summary>
/// <param name="Method">The evaluation's name.</param>
/// <param name="Ratio">Mean of SHARDED over mean of FULL.</param>
/// <param name="Interval">Of the ratio, over seeds and tasks.</param>
public sealed record KeptShare(string Method, double Ratio, Interval Interval);
