namespace MultiTurnTrainer.Synthesis.Sharding;

/// <summary>What came of one task.</summary>
/// <param name="Task">The task with its new shards; as it was where there is a reason.</param>
/// <param name="Reason">Why it is left out, as a name to count by; null where it was sharded.</param>
/// <param name="Detail">The reason in words.</param>
internal sealed record ShardOutcome(ShardedTask Task, string? Reason = null, string? Detail = null)
{
    public const string Single = "cannot_be_cut";
    public const string Empty = "empty_question";
    public const string TooLong = "too_long";
    public const string Excluded = "excluded";
    public const string Unanswered = "no_answer";

    /// <summary>The reasons that lie in the task or the options; any other is a model's failure.</summary>
    public static readonly IReadOnlySet<string> Expected = new HashSet<string>
    {
        Single,
        Empty,
        TooLong,
        Excluded,
        Unanswered,
    };
}

/// <summary>What a sharding run came to.</summary>
/// <param name="Tasks">Tasks read.</param>
/// <param name="Sharded">Tasks written.</param>
/// <param name="Shards">Shards written.</param>
/// <param name="LeftOut">Tasks left out, by reason.</param>
/// <param name="Examples">Some of those: id and reason in words.</param>
/// <param name="Kept">Tasks among the written ones that kept the shards they came with.</param>
/// <param name="Incomplete">Tasks not reached because the run was stopped.</param>
/// <param name="Stopped">The limit that stopped the run; null where it ran to the end.</param>
public sealed record ShardReport(
    int Tasks,
    int Sharded,
    int Shards,
    IReadOnlyDictionary<string, int> LeftOut,
    IReadOnlyList<(string Id, string Reason)> Examples,
    int Kept = 0,
    int Incomplete = 0,
    string? Stopped = null
)
{
    /// <summary>Tasks that a model could not cut.</summary>
    public int Failed => LeftOut.Where(pair => !ShardOutcome.Expected.Contains(pair.Key)).Sum(pair => pair.Value);
}
