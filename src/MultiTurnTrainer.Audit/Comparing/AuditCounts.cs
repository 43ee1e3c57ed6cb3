namespace MultiTurnTrainer.Audit.Comparing;

/// <summary>A place where a cause was met.</summary>
/// <param name="File">The data file.</param>
/// <param name="Line">The conversation's line there; 0 where there is none.</param>
/// <param name="Row">Where the trainer's row stands; empty for one that was reproduced.</param>
/// <param name="Message">The message's index in the data, or −1.</param>
/// <param name="Detail">What differs.</param>
/// <param name="View">The tokens around it; null where there are none.</param>
public sealed record AuditExample(string File, long Line, string Row, int Message, string Detail, RowView? View)
{
    /// <summary>The place in one text.</summary>
    public string Place
    {
        get
        {
            string message = Message < 0 ? "" : Invariant($": messages[{Message}]");
            string data = Line == 0 ? File : Invariant($"{File}:{Line}");
            return $"{(Row.Length == 0 || data.Length == 0 ? data + Row : $"{Row} ({data})")}{message}";
        }
    }
}

/// <summary>How often a cause was met.</summary>
public sealed class CauseCount
{
    /// <summary>Tokens.</summary>
    public long Tokens { get; set; }

    /// <summary>Answers that it touches.</summary>
    public long Answers { get; set; }

    /// <summary>Rows.</summary>
    public long Rows { get; set; }

    /// <summary>The first places.</summary>
    public List<AuditExample> Examples { get; } = [];
}

/// <summary>What was compared, and what is wrong, by cause.</summary>
public sealed class AuditCounts
{
    /// <summary>Places that are kept of each cause.</summary>
    public const int MostExamples = 3;

    private readonly Dictionary<AuditCause, CauseCount> _causes = [];

    /// <summary>Conversations of the data.</summary>
    public long Conversations { get; set; }

    /// <summary>Rows of the trainer.</summary>
    public long Rows { get; set; }

    /// <summary>Rows in which nothing is wrong.</summary>
    public long RightRows { get; set; }

    /// <summary>Tokens of the trainer's rows that were compared.</summary>
    public long Compared { get; set; }

    /// <summary>Tokens that the trainer supervises, of those.</summary>
    public long Supervised { get; set; }

    /// <summary>Tokens that are supervised and the assistant's own.</summary>
    public long Right { get; set; }

    /// <summary>The causes with their counts: by kind, the frequent ones first.</summary>
    public IEnumerable<KeyValuePair<AuditCause, CauseCount>> Causes =>
        _causes
            .OrderBy(cause => cause.Key.Kind)
            .ThenByDescending(cause => cause.Value.Tokens)
            .ThenByDescending(cause => cause.Value.Rows);

    /// <summary>Counts a fault.</summary>
    /// <param name="cause">Why.</param>
    /// <param name="tokens">Tokens.</param>
    /// <param name="answers">Answers.</param>
    /// <param name="example">Makes the place; asked only where it is kept.</param>
    internal void Add(AuditCause cause, int tokens, int answers, Func<AuditExample> example)
    {
        CauseCount count = Of(cause);
        count.Tokens += tokens;
        count.Answers += answers;
        count.Rows++;
        if (count.Examples.Count < MostExamples)
        {
            count.Examples.Add(example());
        }
    }

    /// <summary>Adds the counts of another part of the same run, which comes after this one.</summary>
    internal void Add(AuditCounts other)
    {
        Conversations += other.Conversations;
        Rows += other.Rows;
        RightRows += other.RightRows;
        Compared += other.Compared;
        Supervised += other.Supervised;
        Right += other.Right;
        foreach ((AuditCause cause, CauseCount more) in other._causes)
        {
            CauseCount count = Of(cause);
            count.Tokens += more.Tokens;
            count.Answers += more.Answers;
            count.Rows += more.Rows;
            count.Examples.AddRange(more.Examples.Take(MostExamples - count.Examples.Count));
        }
    }

    private CauseCount Of(AuditCause cause)
    {
        if (!_causes.TryGetValue(cause, out CauseCount? count))
        {
            _causes[cause] = count = new CauseCount();
        }

        return count;
    }
}
