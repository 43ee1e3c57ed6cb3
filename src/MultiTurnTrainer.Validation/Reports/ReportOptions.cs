using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>How a report is written.</summary>
public sealed record ReportOptions
{
    /// <summary>The address of the documentation, without a slash at its end; null where there is none.</summary>
    public string? Documentation { get; init; }

    /// <summary>Whether text is coloured.</summary>
    public bool Colour { get; init; }

    /// <summary>Whether text is the errors alone.</summary>
    public bool Quiet { get; init; }

    /// <summary>Where GitHub's summary of the step goes, as Markdown; null writes none.</summary>
    public TextWriter? StepSummary { get; init; }

    /// <summary>The address of a rule's entry on the page that is made of the catalogue; null where there is none.</summary>
    internal string? HelpOf(RuleInfo rule) =>
        Documentation is null ? null : $"{Documentation}/findings.md#{rule.Code.ToLowerInvariant()}-{rule.Name}";
}
