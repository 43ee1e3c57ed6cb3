using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Reports;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>The catalogue as text: for <c>mtt explain</c>, and as <c>docs/findings.md</c>.</summary>
public static class CatalogueText
{
    /// <summary>One entry, for a terminal.</summary>
    public static string Explain(RuleInfo rule)
    {
        StringBuilder text = new();
        text.Append(FormattableString.Invariant($"{rule.Code} {rule.Name} ({FindingJson.Name(rule.Severity)})\n\n"));
        text.Append(rule.Summary).Append("\n\n");
        text.Append("Why:  ").Append(rule.Why).Append('\n');
        text.Append("Fix: ").Append(rule.Hint).Append('\n');
        if (rule.Fix is not null)
        {
            text.Append("Fix:  ").Append(rule.Fix).Append(" (mtt validate --fix)\n");
        }

        if (rule.Bad.Length > 0)
        {
            text.Append("\nFound in:\n");
            foreach (string line in Visible(rule.Bad).Split('\n'))
            {
                text.Append("  ").Append(line).Append('\n');
            }
        }

        return text.ToString();
    }

    /// <summary>The whole catalogue as a page.</summary>
    public static string Markdown()
    {
        StringBuilder text = new();
        text.Append("# Findings\n\n");
        text.Append("What `mtt validate` reports. This page is generated from the rules; do not edit it.\n");
        text.Append(
            "`mtt explain CODE` prints an entry. Errors fail the check (exit code 1) unless `--fail-on` says otherwise.\n"
        );
        string group = "";
        foreach (RuleInfo rule in Catalogue.All)
        {
            if (rule.Group != group)
            {
                group = rule.Group;
                text.Append(FormattableString.Invariant($"\n## {group}\n"));
            }

            text.Append(FormattableString.Invariant($"\n### {rule.Code} {rule.Name}\n\n"));
            text.Append(
                FormattableString.Invariant(
                    $"{char.ToUpperInvariant(FindingJson.Name(rule.Severity)[0])}{FindingJson.Name(rule.Severity)[1..]}. "
                )
            );
            text.Append(rule.Summary).Append(' ').Append(rule.Why).Append("\n\n");
            text.Append(rule.Hint).Append('\n');
            if (rule.Fix is not null)
            {
                text.Append(FormattableString.Invariant($"`--fix` repairs it (`{rule.Fix}`).\n"));
            }

            if (rule.Bad.Length > 0)
            {
                text.Append(FormattableString.Invariant($"\n```json\n{Visible(rule.Bad)}\n```\n"));
            }
        }

        return text.ToString();
    }

    private static string Visible(string rows) =>
        rows.Replace("\uFEFF", "⟨BOM⟩", StringComparison.Ordinal)
            .Replace("\r", "␍", StringComparison.Ordinal)
            .TrimEnd('\n');
}
