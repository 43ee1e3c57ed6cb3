namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>What became of the rows of a preparation.</summary>
public sealed class PreparedCounts
{
    /// <summary>Rows read.</summary>
    public long Read { get; internal set; }

    /// <summary>Rows left out for an error.</summary>
    public long Rejected { get; internal set; }

    /// <summary>Rows left out by the filter.</summary>
    public long Filtered { get; internal set; }

    /// <summary>Rows equal to an earlier one.</summary>
    public long Duplicates { get; internal set; }

    /// <summary>Rows that are the beginning of another.</summary>
    public long Prefixes { get; internal set; }

    /// <summary>Rows nearly equal to an earlier one.</summary>
    public long NearDuplicates { get; internal set; }

    /// <summary>Rows left out because their file's weight takes only a share of them.</summary>
    public long Unweighted { get; internal set; }

    /// <summary>Rows written once more because of their file's weight.</summary>
    public long Repeated { get; internal set; }

    /// <summary>Word triples of a conversation by which near duplicates were judged; null where memory sufficed for all.</summary>
    public int? NearSample { get; internal set; }

    /// <summary>Rows left out because a range with a weight begins or ends inside what is redacted.</summary>
    public long Unredactable { get; internal set; }

    /// <summary>Values that were redacted, by kind.</summary>
    public IReadOnlyDictionary<string, long> Redacted { get; internal set; } = new SortedDictionary<string, long>();

    /// <summary>Rows kept that belong to other shards.</summary>
    public long OtherShards { get; internal set; }

    /// <summary>Rows written, by split.</summary>
    public SortedDictionary<string, long> Written { get; } = new(StringComparer.Ordinal);

    /// <summary>Rows by the rewrites and repairs made in them.</summary>
    public SortedDictionary<string, long> Rewrites { get; } = new(StringComparer.Ordinal);

    /// <summary>Errors by code.</summary>
    public SortedDictionary<string, long> Errors { get; } = new(StringComparer.Ordinal);

    /// <summary>Rows by format.</summary>
    public SortedDictionary<string, long> Formats { get; } = new(StringComparer.Ordinal);
}
