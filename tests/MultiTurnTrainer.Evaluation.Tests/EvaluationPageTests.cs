using System.Text.Json;
using MultiTurnTrainer.Evaluation.Comparison;

namespace MultiTurnTrainer.Evaluation.Tests;

/// <summary>docs/evaluation.md shows what the experiment's script measured: its table is that of the JSON the script left.</summary>
public sealed class EvaluationPageTests
{
    private static readonly JsonSerializerOptions _snakeCase = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    [Fact]
    public void ItsTable_IsTheOneOfTheMeasurements()
    {
        byte[] json = File.ReadAllBytes(Path.Combine(Repository.Root, "scripts/experiments/lost-smollm2/table.json"));
        (string Family, MethodComparison Comparison)[] families =
        [
            .. JsonSerializer.Deserialize<Section[]>(json, _snakeCase)!.Select(one => (one.Family, one.Comparison)),
        ];

        Assert.Equal(["math", "actions", "database", "translation"], families.Select(one => one.Family));
        Assert.All(families, one => Assert.Contains("sharded", one.Comparison.Modes));
        Assert.Contains(
            ComparisonReport.Families(families).ToMarkdown(),
            File.ReadAllText(Path.Combine(Repository.Root, "docs/evaluation.md")),
            StringComparison.Ordinal
        );
    }

    private sealed record Section(string Family, MethodComparison Comparison);
}
