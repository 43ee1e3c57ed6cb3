// Folder Settings: the section of mtt.yaml for checks.
// Refuses to know: rules.
namespace MultiTurnTrainer.Validation.Settings;

/// <summary>What `mtt validate` looks at: the `validate:` section of `mtt.yaml`. Flags add to the lists.</summary>
public sealed record ValidateSettings
{
    /// <summary>Codes to leave out.</summary>
    public IReadOnlyList<string> Ignore { get; init; } = [];

    /// <summary>Codes to leave out in files of a pattern; one without a slash matches file names.</summary>
    public IReadOnlyDictionary<string, IReadOnlyList<string>> PerFileIgnores { get; init; } =
        new Dictionary<string, IReadOnlyList<string>>();

    /// <summary>Patterns of files that folders and patterns leave out.</summary>
    public IReadOnlyList<string> Exclude { get; init; } = [];

    /// <summary>A file of known findings, which do not fail the check.</summary>
    public string? Baseline { get; init; }

    /// <summary>The service whose file rules are checked too: together, openai or mistral.</summary>
    public string? Target { get; init; }

    /// <summary>
    /// Where your copy of the pages of docs/ lies, for links in SARIF and in GitHub's summary. mtt is published nowhere: without it the
    /// summary has no links, and a rule's help in SARIF is its text.
    /// </summary>
    public string? Documentation { get; init; }
}
