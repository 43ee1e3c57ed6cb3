using System.Text.Json;
using MultiTurnTrainer.Evaluation.Comparison;

namespace MultiTurnTrainer.Evaluation.Tests;

/// <summary>Pages show what the scripts of experiments measured: their tables are those of the JSON that the scripts left.</summary>
public sealed class ExperimentPagesTests
{
    private static readonly JsonSerializerOptions _snakeCase = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    [Fact]
    public void DistillationPage_ItsTable_IsTheOneOfTheMeasurements()
    {
        MethodComparison comparison = Measured<MethodComparison>("maigo-tiny");

        Assert.Contains("maigo", comparison.Methods);
        RequireShown("distillation.md", ComparisonReport.ToMarkdown(comparison).Split("| method | mode")[0]);
    }

    [Fact]
    public void EvaluationPage_ItsTable_IsTheOneOfTheMeasurements()
    {
        (string Family, MethodComparison Comparison)[] families =
        [
            .. Measured<Section[]>("lost-smollm2").Select(one => (one.Family, one.Comparison)),
        ];

        Assert.Equal(["math", "actions", "database", "translation"], families.Select(one => one.Family));
        Assert.All(families, one => Assert.Contains("sharded", one.Comparison.Modes));
        RequireShown("evaluation.md", ComparisonReport.Families(families).ToMarkdown());
    }

    private static T Measured<T>(string experiment) =>
        JsonSerializer.Deserialize<T>(
            File.ReadAllBytes(Path.Combine(Repository.Root, "scripts/experiments", experiment, "table.json")),
            _snakeCase
        )!;

    private static void RequireShown(string page, string table) =>
        Assert.Contains(table, File.ReadAllText(Path.Combine(Repository.Root, "docs", page)), StringComparison.Ordinal);

    private sealed record Section(string Family, MethodComparison Comparison);
}
