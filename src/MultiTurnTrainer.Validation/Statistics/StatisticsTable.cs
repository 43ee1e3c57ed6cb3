using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Statistics;

/// <summary>Statistics as tables for a terminal.</summary>
public static class StatisticsTable
{
    private const int MostTools = 10;

    /// <summary>The tables.</summary>
    public static string Write(DatasetStatistics statistics)
    {
        StringBuilder text = new();
        Line(
            text,
            $"{Counted.Of(statistics.Summary.Rows, "row")}, {statistics.Summary.BadRows:N0} with errors and left out; lengths in {statistics.Unit} {statistics.Measured}\n"
        );
        Line(text, $"{"", -24}{"count", 12}{"mean", 10}{"p50", 10}{"p90", 10}{"p99", 10}{"max", 10}");
        foreach ((string name, Distribution lengths) in Rows(statistics))
        {
            Line(
                text,
                $"{name, -24}{lengths.Count, 12:N0}{lengths.Mean, 10:N1}{lengths.Percentile(0.5), 10:N0}{lengths.Percentile(0.9), 10:N0}{lengths.Percentile(0.99), 10:N0}{lengths.Max, 10:N0}"
            );
        }

        if (statistics.MaxLength is { } limit)
        {
            Line(
                text,
                $"\nat {limit:N0} {statistics.Unit}: {Counted.Of(statistics.Truncated, "conversation loses", "conversations lose")} turns, {Counted.Of(statistics.Unfit, "does not", "do not")} fit at all"
            );
        }

        Line(text, $"\n{"", -32}{statistics.Unit, 14}{"supervised", 14}{"share", 9}");
        foreach ((string field, (long all, long supervised)) in statistics.Fields)
        {
            Line(text, $"{field, -32}{all, 14:N0}{supervised, 14:N0}{(all == 0 ? 0 : (double)supervised / all), 9:P1}");
        }

        Line(
            text,
            $"{"all", -32}{statistics.Fields.Values.Sum(field => field.All), 14:N0}{statistics.Fields.Values.Sum(field => field.Supervised), 14:N0}{statistics.SupervisedShare, 9:P1}"
        );
        Line(
            text,
            $"\nduplicates {statistics.DuplicateShare:P1}, with tools {statistics.WithTools:N0}, with reasoning {statistics.WithReasoning:N0}, calls {statistics.CallCount:N0}"
        );
        foreach (
            (string tool, long calls) in statistics
                .Calls.OrderByDescending(pair => pair.Value)
                .ThenBy(pair => pair.Key, StringComparer.Ordinal)
                .Take(MostTools)
        )
        {
            Line(text, $"  {calls, 8:N0}  {tool}");
        }

        if (statistics.Summary.ByCode.Count > 0)
        {
            text.Append('\n');
        }

        foreach ((string code, long count) in statistics.Summary.ByCode)
        {
            Line(text, $"{count, 10:N0}  {code}  {Catalogue.Get(code).Summary}");
        }

        return text.ToString();
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

    private static void Line(StringBuilder text, FormattableString line) =>
        text.Append(line.ToString(CultureInfo.InvariantCulture)).Append('\n');
}
