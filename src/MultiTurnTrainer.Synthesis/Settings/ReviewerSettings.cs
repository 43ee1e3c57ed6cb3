namespace MultiTurnTrainer.Synthesis.Settings;

/// <summary>One reviewer.</summary>
public sealed record ReviewerSettings : RoleSettings
{
    /// <summary>What this reviewer looks at, in words put into its prompt.</summary>
    public IReadOnlyList<string> Criteria { get; init; } =
    ["relevance", "coherence", "depth", "accuracy", "usefulness"];
}

/// <summary>What happens to an answer that refine mode's chairman never accepts.</summary>
public enum UnacceptedAnswer
{
    /// <summary>The dialogue ends before that round; without an accepted answer it is rejected.</summary>
    End,

    /// <summary>The last revision enters the dialogue, marked in the metadata.</summary>
    Keep,
}

/// <summary>Refine mode's limits.</summary>
public sealed record RefineSettings
{
    /// <summary>Revisions per answer.</summary>
    [Range(0, 20)]
    public int MaxRevisions { get; init; } = 2;

    /// <summary>What happens at the limit.</summary>
    public UnacceptedAnswer OnLimit { get; init; } = UnacceptedAnswer.End;
}

/// <summary>Numeric scores, 1 to 10 per criterion; the published method has none. A threshold that is null does nothing.</summary>
public sealed record ScoreSettings
{
    /// <summary>Whether reviewers give scores.</summary>
    public bool Enabled { get; init; }

    /// <summary>A round whose mean is below this is left out and ends the dialogue.</summary>
    [Range(1.0, 10.0)]
    public double? StopBelow { get; init; }

    /// <summary>A dialogue whose mean over rounds is below this is rejected.</summary>
    [Range(1.0, 10.0)]
    public double? RejectBelow { get; init; }

    /// <summary>Refine mode accepts at this mean without asking the chairman.</summary>
    [Range(1.0, 10.0)]
    public double? AcceptAt { get; init; }
}
