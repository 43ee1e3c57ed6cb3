using MultiTurnTrainer.Validation;

namespace MultiTurnTrainer.Validation.Statistics;

/// <summary>What <c>mtt stats</c> knows of some files.</summary>
public sealed class DatasetStatistics
{
    /// <summary>What lengths are counted in: <c>tokens</c> or <c>characters</c>.</summary>
    public required string Unit { get; init; }

    /// <summary>Whether lengths are of training rows as <c>mtt mask</c> makes them; otherwise of the texts alone.</summary>
    public bool OfRows { get; init; }

    /// <summary>Conversations that the template refuses; they are left out of lengths and fields.</summary>
    public long Refused { get; internal set; }

    /// <summary>The limit of <see cref="AfterTruncation"/>; null when none was given.</summary>
    public int? MaxLength { get; init; }

    /// <summary>Rows, formats and findings.</summary>
    public ValidationSummary Summary { get; internal set; } = new();

    /// <summary>Lengths of messages, by role.</summary>
    public SortedDictionary<string, Distribution> MessagesByRole { get; } = new(StringComparer.Ordinal);

    /// <summary>Lengths of messages.</summary>
    public Distribution Messages { get; } = new();

    /// <summary>Lengths of turns: a message of the user and everything up to the next one.</summary>
    public Distribution Turns { get; } = new();

    /// <summary>Lengths of conversations.</summary>
    public Distribution Conversations { get; } = new();

    /// <summary>Turns in a conversation.</summary>
    public Distribution TurnsPerConversation { get; } = new();

    /// <summary>Lengths of conversations after whole-turn truncation.</summary>
    public Distribution AfterTruncation { get; } = new();

    /// <summary>Conversations that truncation shortens.</summary>
    public long Truncated { get; internal set; }

    /// <summary>Conversations that truncation cannot make fit.</summary>
    public long Unfit { get; internal set; }

    /// <summary>Lengths by role and field (<c>assistant.content</c>, <c>assistant.tool_calls</c>…): all, and the part that is supervised.</summary>
    public SortedDictionary<string, (long All, long Supervised)> Fields { get; } = new(StringComparer.Ordinal);

    /// <summary>How much is supervised by the turn that it stands in, from 1.</summary>
    public SortedDictionary<int, long> SupervisedByTurn { get; } = [];

    /// <summary>Conversations that declare tools.</summary>
    public long WithTools { get; internal set; }

    /// <summary>Conversations with reasoning.</summary>
    public long WithReasoning { get; internal set; }

    /// <summary>Calls by the tool's name; the first thousand names.</summary>
    public SortedDictionary<string, long> Calls { get; } = new(StringComparer.Ordinal);

    /// <summary>All calls.</summary>
    public long CallCount { get; internal set; }

    /// <summary>What the lengths are of, in words.</summary>
    internal string Measured =>
        OfRows
            ? $"of the rows that mtt mask makes{(Refused > 0 ? $" ({Counted.Of(Refused, "more conversation is", "more conversations are")} refused by the template)" : "")}"
            : "of the texts, without the template's";

    /// <summary>The share of everything that is supervised.</summary>
    public double SupervisedShare
    {
        get
        {
            long all = Fields.Values.Sum(sums => sums.All);
            return all == 0 ? 0 : (double)Fields.Values.Sum(sums => sums.Supervised) / all;
        }
    }

    /// <summary>The share of rows that are equal to an earlier one, the beginning of another, or nearly equal.</summary>
    public double DuplicateShare =>
        Summary.Rows == 0 ? 0 : (double)(Found("MTT501") + Found("MTT502") + Found("MTT503")) / Summary.Rows;

    private long Found(string code) => Summary.ByCode.GetValueOrDefault(code);
}
