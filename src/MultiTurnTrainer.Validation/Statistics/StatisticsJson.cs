using MultiTurnTrainer.Validation.Reports;

namespace MultiTurnTrainer.Validation.Statistics;

/// <summary>Statistics as one JSON object.</summary>
public static class StatisticsJson
{
    /// <summary>The percentiles that every report shows.</summary>
    internal static IReadOnlyList<double> Percentiles { get; } = [0.5, 0.9, 0.99];

    /// <summary>The object, indented, with a line end.</summary>
    /// <param name="statistics">The statistics.</param>
    /// <param name="tone">How answers sound, where that was measured.</param>
    public static string Write(DatasetStatistics statistics, JsonFields? tone = null)
    {
        JsonFields fields = new()
        {
            ["schemaVersion"] = 1,
            ["unit"] = statistics.Unit,
            ["lengthsOf"] = statistics.OfRows ? "rows" : "texts",
            ["refused"] = statistics.Refused,
        };
        AddLengths(fields, statistics);
        fields["supervisedShare"] = Math.Round(statistics.SupervisedShare, 6);
        fields["fields"] = statistics.Fields.ToDictionary(
            field => field.Key,
            field => new { all = field.Value.All, supervised = field.Value.Supervised }
        );
        fields["supervisedByTurn"] = statistics.SupervisedByTurn;
        fields["duplicateShare"] = Math.Round(statistics.DuplicateShare, 6);
        fields["withTools"] = statistics.WithTools;
        fields["withReasoning"] = statistics.WithReasoning;
        fields["calls"] = statistics.CallCount;
        fields["callsByTool"] = statistics.Calls;
        fields.AddPresent("tone", tone);
        fields["summary"] = new JsonFields().Add(statistics.Summary);
        return JsonText.Page(fields);
    }

    private static void AddLengths(JsonFields fields, DatasetStatistics statistics)
    {
        fields["messages"] = Describe(statistics.Messages);
        fields["messagesByRole"] = statistics.MessagesByRole.ToDictionary(
            role => role.Key,
            role => Describe(role.Value)
        );
        fields["turns"] = Describe(statistics.Turns);
        fields["conversations"] = Describe(statistics.Conversations);
        fields["turnsPerConversation"] = Describe(statistics.TurnsPerConversation);
        if (statistics.MaxLength is { } limit)
        {
            fields["maxLength"] = limit;
            fields["afterTruncation"] = Describe(statistics.AfterTruncation);
            fields["truncated"] = statistics.Truncated;
            fields["unfit"] = statistics.Unfit;
        }
    }

    private static JsonFields Describe(Distribution lengths)
    {
        JsonFields fields = new()
        {
            ["count"] = lengths.Count,
            ["sum"] = lengths.Sum,
            ["mean"] = Math.Round(lengths.Mean, 3),
            ["min"] = lengths.Min,
        };
        foreach (double share in Percentiles)
        {
            fields[Invariant($"p{share * 100:0.#}")] = lengths.Percentile(share);
        }

        fields["max"] = lengths.Max;
        return fields;
    }
}
