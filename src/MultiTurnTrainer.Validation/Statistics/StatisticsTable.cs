using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Statistics;

/// <summary>Statistics as tables for a terminal.</summary>
public static class StatisticsTable
{
    private const int MostTools = 10;

    private static readonly Table _lengths = new(
        "{0,-24}{1,12:N0}{2,10:N1}{3,10:N0}{4,10:N0}{5,10:N0}{6,10:N0}\n",
        ["", "count", "mean", "p50", "p90", "p99", "max"]
    );
    private static readonly Table _tools = new("  {0,8:N0}  {1}\n");
    private static readonly Table _findings = new("{0,10:N0}  {1}  {2}\n");

    /// <summary>The tables.</summary>
    public static string Write(DatasetStatistics statistics)
    {
        StringBuilder text = new();
        text.Append(
            Invariant(
                $"{Counted.Of(statistics.Summary.Rows, "row")}, {statistics.Summary.BadRows:N0} with errors and left out; lengths in {statistics.Unit} {statistics.Measured}\n\n"
            )
        );
        text.Append(_lengths.Head);
        foreach ((string name, Distribution all) in Rows(statistics))
        {
            long[] shares = [.. StatisticsJson.Percentiles.Select(all.Percentile)];
            text.Append(_lengths.Line(name, all.Count, all.Mean, shares[0], shares[1], shares[2], all.Max));
        }

        if (statistics.MaxLength is { } limit)
        {
            text.Append(
                Invariant(
                    $"\nat {limit:N0} {statistics.Unit}: {Counted.Of(statistics.Truncated, "conversation loses", "conversations lose")} turns, {Counted.Of(statistics.Unfit, "does not", "do not")} fit at all\n"
                )
            );
        }

        AddFields(text, statistics);
        text.Append(
            Invariant(
                $"\nduplicates {statistics.DuplicateShare:P1}, with tools {statistics.WithTools:N0}, with reasoning {statistics.WithReasoning:N0}, calls {statistics.CallCount:N0}\n"
            )
        );
        IEnumerable<KeyValuePair<string, long>> tools = statistics
            .Calls.OrderByDescending(pair => pair.Value)
            .ThenBy(pair => pair.Key, StringComparer.Ordinal)
            .Take(MostTools);
        text.AppendJoin("", tools.Select(tool => _tools.Line(tool.Value, tool.Key)));
        text.Append(statistics.Summary.ByCode.Count > 0 ? "\n" : "");
        return text.AppendJoin(
                "",
                statistics.Summary.ByCode.Select(code =>
                    _findings.Line(code.Value, code.Key, Catalogue.Get(code.Key).Summary)
                )
            )
            .ToString();
    }

    private static void AddFields(StringBuilder text, DatasetStatistics statistics)
    {
        Table table = new("{0,-32}{1,14:N0}{2,14:N0}{3,9:P1}\n", "", statistics.Unit, "supervised", "share");
        text.Append('\n').Append(table.Head);
        foreach ((string field, (long all, long supervised)) in statistics.Fields)
        {
            text.Append(table.Line(field, all, supervised, all == 0 ? 0.0 : (double)supervised / all));
        }

        text.Append(
            table.Line(
                "all",
                statistics.Fields.Values.Sum(field => field.All),
                statistics.Fields.Values.Sum(field => field.Supervised),
                statistics.SupervisedShare
            )
        );
    }

    /// <summary>The distributions by their names.</summary>
    internal static IEnumerable<(string Name, Distribution Lengths)> Rows(DatasetStatistics statistics)
    {
        yield return ("message", statistics.Messages);
        foreach ((string role, Distribution lengths) in statistics.MessagesByRole)
        {
            yield return ($"message of {role}", lengths);
        }

        yield return ("turn", statistics.Turns);
        yield return ("conversation", statistics.Conversations);
        if (statistics.MaxLength is not null)
        {
            yield return ("after truncation", statistics.AfterTruncation);
        }

        yield return ("turns a conversation", statistics.TurnsPerConversation);
    }
}
