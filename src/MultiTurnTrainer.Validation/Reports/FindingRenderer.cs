// Folder Reports: findings as text, JSON, SARIF, JUnit and for GitHub.
// Refuses to know: rules.
using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>Writes a report. Memory is bounded, whatever the number of findings.</summary>
public abstract class FindingRenderer
{
    /// <summary>The names that <see cref="Create"/> knows.</summary>
    public static IReadOnlyList<string> Formats { get; } = ["text", "json", "jsonl", "github", "sarif", "junit"];

    /// <summary>The renderer of a format.</summary>
    /// <param name="format">One of <see cref="Formats"/>.</param>
    /// <param name="output">Where the report goes.</param>
    /// <param name="options">How it is written.</param>
    public static FindingRenderer Create(string format, TextWriter output, ReportOptions options) =>
        format switch
        {
            "text" => new TextRenderer(output, options),
            "json" => new JsonRenderer(output),
            "jsonl" => new JsonLinesRenderer(output),
            "github" => new GitHubRenderer(output, options),
            "sarif" => new SarifRenderer(output, options),
            "junit" => new JUnitRenderer(output),
            _ => throw new ArgumentOutOfRangeException(nameof(format), format, "unknown report format"),
        };

    /// <summary>Starts the report.</summary>
    public abstract void Begin();

    /// <summary>Writes one finding.</summary>
    public abstract void Write(Finding finding);

    /// <summary>Ends the report.</summary>
    public abstract void End(ValidationSummary summary);
}
