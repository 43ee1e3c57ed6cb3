namespace MultiTurnTrainer.Validation.Findings;

/// <summary>Which findings count.</summary>
public sealed record FindingChoices
{
    /// <summary>Codes that are left out.</summary>
    public IReadOnlySet<string> Ignored { get; init; } = new HashSet<string>();

    /// <summary>Codes that are left out in files of a pattern; one without a slash matches file names.</summary>
    public IReadOnlyList<(string Pattern, IReadOnlyList<string> Codes)> IgnoredIn { get; init; } = [];

    /// <summary>Findings that are not reported or counted, each once; null for none.</summary>
    public KnownFindings? Baseline { get; init; }

    /// <summary>Gets every finding, known or not; null for nobody.</summary>
    public KnownFindings? Found { get; init; }
}
