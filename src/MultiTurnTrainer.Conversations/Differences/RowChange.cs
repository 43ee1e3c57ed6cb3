namespace MultiTurnTrainer.Conversations.Differences;

/// <summary>What happened to a row or a message.</summary>
public enum ChangeKind
{
    /// <summary>It is in the new file only.</summary>
    Added,

    /// <summary>It is in the old file only.</summary>
    Gone,

    /// <summary>It says something else.</summary>
    Changed,

    /// <summary>It says the same and counts otherwise in the loss.</summary>
    Supervision,

    /// <summary>It says the same and counts the same; another key differs.</summary>
    Other,
}

/// <summary>A row that is not the same in both files.</summary>
/// <param name="Kind">Added, gone or changed.</param>
/// <param name="OldLine">Where it begins in the old file; null for an added one.</param>
/// <param name="NewLine">Where it begins in the new file; null for one that is gone.</param>
/// <param name="Messages">Its messages that differ; of an added or gone row all.</param>
/// <param name="Tools">Whether its tools differ.</param>
public sealed record RowChange(
    ChangeKind Kind,
    long? OldLine,
    long? NewLine,
    IReadOnlyList<MessageChange> Messages,
    bool Tools
);

/// <summary>A message that is not the same in both rows.</summary>
/// <param name="Kind">What happened to it.</param>
/// <param name="Old">Its place in the old row, from 0; null for an added one.</param>
/// <param name="New">Its place in the new row, from 0; null for one that is gone.</param>
/// <param name="Role">Who speaks.</param>
/// <param name="OldWeight">How much it counted in the loss; null for an added one.</param>
/// <param name="NewWeight">How much it counts; null for one that is gone.</param>
public sealed record MessageChange(ChangeKind Kind, int? Old, int? New, Role Role, float? OldWeight, float? NewWeight);

/// <summary>How two files differ.</summary>
public sealed record DifferenceCounts
{
    /// <summary>Rows of the old file.</summary>
    public required long OldRows { get; init; }

    /// <summary>Rows of the new file.</summary>
    public required long NewRows { get; init; }

    /// <summary>Rows that are the same in both, wherever they stand.</summary>
    public long Same { get; internal set; }

    /// <summary>Rows by what happened to them: added, gone, changed.</summary>
    public SortedDictionary<ChangeKind, long> Rows { get; } = [];

    /// <summary>Messages of changed rows by what happened to them.</summary>
    public SortedDictionary<ChangeKind, long> Messages { get; } = [];

    /// <summary>Changed rows with other tools.</summary>
    public long Tools { get; internal set; }

    /// <summary>Whether anything differs.</summary>
    public bool Any => Rows.Count > 0;
}
