namespace MultiTurnTrainer.Runs.Tables;

/// <summary>One number of a run.</summary>
/// <param name="Name">Its name, which is also its column's.</param>
/// <param name="Value">The number.</param>
public readonly record struct Measure(string Name, double Value);

/// <summary>What is known of one run.</summary>
/// <param name="Name">What tables call it.</param>
public sealed record RunFacts(string Name)
{
    /// <summary>The measure that is the loss of held-out rows.</summary>
    public const string EvalLoss = "eval_loss";

    /// <summary>The measure that is the training loss, smoothed.</summary>
    public const string Loss = "loss";

    /// <summary>The measure that is the mean score of tasks, 0 to 100.</summary>
    public const string TaskScore = "task_score";

    /// <summary>The state of a run that came to its end.</summary>
    internal const string Finished = "finished";

    /// <summary>The folder of a training run; null where only an evaluation is known.</summary>
    public string? Folder { get; init; }

    /// <summary><c>finished</c>, or what came between.</summary>
    public string State { get; init; } = Finished;

    /// <summary>Whether it came to its end.</summary>
    public bool IsFinished => State == Finished;

    /// <summary>Its settings by their dotted names, without the seed.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Its seed; null where none is known.</summary>
    public int? Seed { get; init; }

    /// <summary>The context policy of its rows or its evaluation, by fingerprint; null for none.</summary>
    public string? Policy { get; init; }

    /// <summary>Its numbers, in the order of a table.</summary>
    public IReadOnlyList<Measure> Measures { get; init; } = [];

    /// <summary>A number; null where the run has none of this name.</summary>
    public double? Get(string measure) =>
        Measures.Where(one => one.Name == measure).Select(one => (double?)one.Value).FirstOrDefault();

    /// <summary>What runs are ordered by where nobody says: the score of tasks, else the loss of held-out rows, else the training loss.</summary>
    public static string Metric(IEnumerable<RunFacts> runs)
    {
        HashSet<string> known = [.. runs.SelectMany(run => run.Measures).Select(measure => measure.Name)];
        return Array.Find([TaskScore, EvalLoss], known.Contains) ?? Loss;
    }

    /// <summary>Whether more of a measure is better: scores, accuracies and speed; of losses, costs, time and memory less is.</summary>
    public static bool IsMoreBetter(string measure) =>
        measure.Contains(':', StringComparison.Ordinal)
        || (
            // The loss of mtt score is scored_loss.
            !measure.Contains("loss", StringComparison.Ordinal)
            && Array.Exists(
                ["accuracy", "score", "per_second"],
                word => measure.Contains(word, StringComparison.Ordinal)
            )
        );
}
