using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>The catalogue as text for <c>mtt explain</c>.</summary>
public static class CatalogueText
{
    /// <summary>One entry, for a terminal.</summary>
    public static string Explain(RuleInfo rule)
    {
        StringBuilder text = new();
        text.Append(Invariant($"{rule.Code} {rule.Name} ({rule.Severity.GetName()})\n\n"));
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

    /// <summary>Rows with what cannot be seen in them made visible.</summary>
    internal static string Visible(string rows) =>
        rows.Replace("\uFEFF", "⟨BOM⟩", StringComparison.Ordinal)
            .Replace("\r", "␍", StringComparison.Ordinal)
            .TrimEnd('\n');
}
