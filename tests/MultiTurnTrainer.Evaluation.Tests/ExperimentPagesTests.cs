using System.Globalization;
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

    [Fact]
    public void ContextPage_ItsTables_AreThoseOfTheMeasurements()
    {
        JsonElement measured = Measured<JsonElement>("context-tiny");

        Assert.Equal(8, measured.GetProperty("seeds").GetArrayLength());
        JsonElement.ArrayEnumerator cells = measured.GetProperty("cells").EnumerateArray();
        Assert.Equal(6, cells.Count(cell => cell.GetProperty("measure").GetString() == "bookings"));
        Assert.All(cells, cell => RequireShown("context.md", $" {Shown(cell)} |"));
    }

    private static string Shown(JsonElement cell)
    {
        string Number(JsonElement of, string name, string format = "F1") =>
            of.GetProperty(name).GetDouble().ToString(format, CultureInfo.InvariantCulture);
        string Between(JsonElement interval) => $"[{Number(interval, "low")}, {Number(interval, "high")}]";
        string mean = $"{Number(cell, "mean")} {Between(cell.GetProperty("interval"))}";
        return cell.TryGetProperty("difference_interval", out JsonElement interval)
            ? $"{mean}; {Number(cell, "difference", "+0.0;-0.0;0.0")} {Between(interval)}{(interval.GetProperty("excludes_zero").GetBoolean() ? "*" : "")}"
            : mean;
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
