using System.Text.Json;
using MultiTurnTrainer.Evaluation.Comparison;

namespace MultiTurnTrainer.Evaluation.Tests;

/// <summary>docs/distillation.md shows what the experiment's script measured: its table is that of the JSON the script left.</summary>
public sealed class DistillationPageTests
{
    private static readonly JsonSerializerOptions _snakeCase = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower,
    };

    [Fact]
    public void ItsTable_IsTheOneOfTheMeasurements()
    {
        byte[] json = File.ReadAllBytes(Path.Combine(Repository.Root, "scripts/experiments/maigo-tiny/table.json"));
        MethodComparison comparison = JsonSerializer.Deserialize<MethodComparison>(json, _snakeCase)!;
        string scores = ComparisonReport.ToMarkdown(comparison).Split("| method | mode")[0];

        Assert.Contains("maigo", comparison.Methods);
        Assert.Contains(
            scores,
            File.ReadAllText(Path.Combine(Repository.Root, "docs/distillation.md")),
            StringComparison.Ordinal
        );
    }
}
