using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation;

/// <summary>What a validation counted.</summary>
public sealed class ValidationSummary
{
    /// <summary>Files read.</summary>
    public int Files { get; internal set; }

    /// <summary>The files by name, in order, and whether each was read.</summary>
    public List<(string Name, bool IsRead)> Inputs { get; } = [];

    /// <summary>Rows read, blank lines not counted.</summary>
    public long Rows { get; internal set; }

    /// <summary>Rows with at least one error.</summary>
    public long BadRows { get; internal set; }

    /// <summary>Messages in rows that could be read.</summary>
    public long Messages { get; internal set; }

    /// <summary>Bytes read, after decompression.</summary>
    public long Bytes { get; internal set; }

    /// <summary>Whether reading stopped at <see cref="ValidationOptions.MaxErrors"/>.</summary>
    public bool Stopped { get; internal set; }

    /// <summary>Repairs made, by name.</summary>
    public SortedDictionary<string, long> Fixes { get; } = new(StringComparer.Ordinal);

    /// <summary>What limits the report: ceilings that were reached.</summary>
    public List<string> Notes { get; } = [];

    /// <summary>Rows by format.</summary>
    public SortedDictionary<string, long> Formats { get; } = new(StringComparer.Ordinal);

    /// <summary>Findings by code.</summary>
    public IReadOnlyDictionary<string, long> ByCode { get; internal set; } = new Dictionary<string, long>();

    /// <summary>Findings of severity error.</summary>
    public long Errors { get; internal set; }

    /// <summary>Findings of severity warning.</summary>
    public long Warnings { get; internal set; }

    /// <summary>Findings of severity info.</summary>
    public long Infos { get; internal set; }

    /// <summary>Findings that the baseline has; they are counted nowhere else.</summary>
    public long Known { get; internal set; }

    /// <summary>Findings of the baseline that are not there any more.</summary>
    public long Gone { get; internal set; }

    /// <summary>Whether there is a finding at or above a severity.</summary>
    public bool Has(Severity atLeast) =>
        Errors > 0 || (atLeast <= Severity.Warning && Warnings > 0) || (atLeast == Severity.Info && Infos > 0);
}
