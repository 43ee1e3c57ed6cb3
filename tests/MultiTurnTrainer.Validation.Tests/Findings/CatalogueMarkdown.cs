using System.Text;
using MultiTurnTrainer.Validation.Findings;
using MultiTurnTrainer.Validation.Reports;

namespace MultiTurnTrainer.Validation.Tests.Findings;

/// <summary>The catalogue as <c>docs/findings.md</c>.</summary>
internal static class CatalogueMarkdown
{
    /// <summary>The whole catalogue as a page.</summary>
    public static string Write()
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
                    $"{char.ToUpperInvariant(rule.Severity.GetName()[0])}{rule.Severity.GetName()[1..]}. "
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
                text.Append(FormattableString.Invariant($"\n```json\n{CatalogueText.Visible(rule.Bad)}\n```\n"));
            }
        }

        return text.ToString();
    }
}
