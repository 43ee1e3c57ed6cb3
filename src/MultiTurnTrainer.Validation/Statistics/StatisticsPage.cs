using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Statistics;

/// <summary>Statistics as one self-contained page: no script, nothing from the network.</summary>
public static class StatisticsPage
{
    private const int MostTools = 20;

    /// <summary>The page.</summary>
    public static string Write(DatasetStatistics statistics, IReadOnlyList<string> files)
    {
        HtmlPage page = new(string.Join(", ", files.Select(Path.GetFileName)), "mtt stats");
        page.AddText(
            Invariant(
                $"{Counted.Of(statistics.Summary.Rows, "row")}, {statistics.Summary.BadRows:N0} with errors and left out below. Supervised {statistics.SupervisedShare:P1}, duplicates {statistics.DuplicateShare:P1}, with tools {statistics.WithTools:N0}, with reasoning {statistics.WithReasoning:N0}. Lengths in {statistics.Unit} {statistics.Measured}."
            )
        );
        page.AddPlots(Plots(statistics));
        AddLengths(page, statistics);
        page.AddRaw("<h2>What is supervised</h2>\n")
            .AddTable(
                ["", statistics.Unit, "supervised", "share"],
                statistics.Fields.Select(field =>
                    (string[])
                        [
                            field.Key,
                            Invariant($"{field.Value.All:N0}"),
                            Invariant($"{field.Value.Supervised:N0}"),
                            Invariant(
                                $"{(field.Value.All == 0 ? 0 : (double)field.Value.Supervised / field.Value.All):P1}"
                            ),
                        ]
                )
            );
        if (statistics.CallCount > 0)
        {
            page.AddRaw("<h2>Tools</h2>\n")
                .AddTable(
                    ["tool", "calls"],
                    statistics
                        .Calls.OrderByDescending(pair => pair.Value)
                        .ThenBy(pair => pair.Key, StringComparer.Ordinal)
                        .Take(MostTools)
                        .Select(pair => (string[])[pair.Key, Invariant($"{pair.Value:N0}")])
                );
        }

        if (statistics.Summary.ByCode.Count > 0)
        {
            page.AddRaw("<h2>Findings</h2>\n")
                .AddTable(
                    ["finding", "count"],
                    statistics.Summary.ByCode.Select(pair =>
                        (string[])[$"{pair.Key} {Catalogue.Get(pair.Key).Summary}", Invariant($"{pair.Value:N0}")]
                    )
                );
        }

        return page.AddText($"mtt {Manifest.ToolVersion}").Finish();
    }

    private static IEnumerable<Plot> Plots(DatasetStatistics statistics)
    {
        foreach ((string name, Distribution lengths) in StatisticsTable.Rows(statistics))
        {
            bool turns = name == "turns a conversation";
            if (lengths.Count == 0 || name.StartsWith("message of ", StringComparison.Ordinal))
            {
                continue;
            }

            string unit = turns ? "turns" : statistics.Unit;
            string title = turns ? "Turns a conversation" : $"{char.ToUpperInvariant(name[0])}{name[1..]}, {unit}";
            string counted = name is "message" or "turn" ? $"{name}s" : "conversations";
            yield return LengthPlots.Histogram(title, unit, counted, lengths);
            if (!turns)
            {
                yield return LengthPlots.Percentiles($"{title} by percentile", unit, lengths);
            }
        }
    }

    private static void AddLengths(HtmlPage page, DatasetStatistics statistics)
    {
        page.AddRaw("<h2>Lengths</h2>\n")
            .AddTable(
                ["", "count", "mean", "p50", "p90", "p99", "max"],
                StatisticsTable
                    .Rows(statistics)
                    .Select(row =>
                        (string[])
                            [
                                row.Name,
                                Invariant($"{row.Lengths.Count:N0}"),
                                Invariant($"{row.Lengths.Mean:N1}"),
                                .. StatisticsJson.Percentiles.Select(share =>
                                    Invariant($"{row.Lengths.Percentile(share):N0}")
                                ),
                                Invariant($"{row.Lengths.Max:N0}"),
                            ]
                    )
            );
        if (statistics.MaxLength is { } limit)
        {
            page.AddText(
                Invariant(
                    $"At {limit:N0} {statistics.Unit}, {Counted.Of(statistics.Truncated, "conversation loses", "conversations lose")} turns and {Counted.Of(statistics.Unfit, "does not", "do not")} fit at all."
                )
            );
        }
    }
}
