using MultiTurnTrainer.Validation.Reports;

namespace MultiTurnTrainer.Validation.Statistics;

/// <summary>Statistics as one JSON object.</summary>
public static class StatisticsJson
{
    /// <summary>The percentiles that every report shows.</summary>
    internal static IReadOnlyList<double> Percentiles { get; } = [0.5, 0.9, 0.99];

    /// <summary>The object, indented, with a line end.</summary>
    public static string Write(DatasetStatistics statistics)
    {
        using MemoryStream buffer = new();
        JsonWriterOptions options = JsonText.Writer with { Indented = true, NewLine = "\n" };
        using (Utf8JsonWriter writer = new(buffer, options))
        {
            writer.WriteStartObject();
            writer.WriteNumber("schemaVersion", 1);
            writer.WriteString("unit", statistics.Unit);
            writer.WriteString("lengthsOf", statistics.OfRows ? "rows" : "texts");
            writer.WriteNumber("refused", statistics.Refused);
            Lengths(writer, statistics);
            writer.WriteNumber("supervisedShare", Math.Round(statistics.SupervisedShare, 6));
            writer.WriteStartObject("fields");
            foreach ((string field, (long all, long supervised)) in statistics.Fields)
            {
                writer.WriteStartObject(field);
                writer.WriteNumber("all", all);
                writer.WriteNumber("supervised", supervised);
                writer.WriteEndObject();
            }

            writer.WriteEndObject();
            writer.WriteNumber("duplicateShare", Math.Round(statistics.DuplicateShare, 6));
            writer.WriteNumber("withTools", statistics.WithTools);
            writer.WriteNumber("withReasoning", statistics.WithReasoning);
            writer.WriteNumber("calls", statistics.CallCount);
            writer.WriteStartObject("callsByTool");
            foreach ((string tool, long calls) in statistics.Calls)
            {
                writer.WriteNumber(tool, calls);
            }

            writer.WriteEndObject();
            writer.WriteStartObject("summary");
            FindingJson.Write(writer, statistics.Summary);
            writer.WriteEndObject();
            writer.WriteEndObject();
        }

        return Encoding.UTF8.GetString(buffer.ToArray()) + "\n";
    }

    private static void Lengths(Utf8JsonWriter writer, DatasetStatistics statistics)
    {
        Distribution(writer, "messages", statistics.Messages);
        writer.WriteStartObject("messagesByRole");
        foreach ((string role, Distribution lengths) in statistics.MessagesByRole)
        {
            Distribution(writer, role, lengths);
        }

        writer.WriteEndObject();
        Distribution(writer, "turns", statistics.Turns);
        Distribution(writer, "conversations", statistics.Conversations);
        Distribution(writer, "turnsPerConversation", statistics.TurnsPerConversation);
        if (statistics.MaxLength is { } limit)
        {
            writer.WriteNumber("maxLength", limit);
            Distribution(writer, "afterTruncation", statistics.AfterTruncation);
            writer.WriteNumber("truncated", statistics.Truncated);
            writer.WriteNumber("unfit", statistics.Unfit);
        }
    }

    private static void Distribution(Utf8JsonWriter writer, string name, Distribution lengths)
    {
        writer.WriteStartObject(name);
        writer.WriteNumber("count", lengths.Count);
        writer.WriteNumber("sum", lengths.Sum);
        writer.WriteNumber("mean", Math.Round(lengths.Mean, 3));
        writer.WriteNumber("min", lengths.Min);
        foreach (double share in Percentiles)
        {
            writer.WriteNumber(FormattableString.Invariant($"p{share * 100:0.#}"), lengths.Percentile(share));
        }

        writer.WriteNumber("max", lengths.Max);
        writer.WriteEndObject();
    }
}
