namespace MultiTurnTrainer.Conversations.Pairs;

/// <summary>Rows that are pairs already, as <c>mtt sessions export --pairs</c> and <c>mtt pairs</c> write them. Their source and provenance stay.</summary>
public static class ForeignPairs
{
    /// <summary>Reads the rows of a file.</summary>
    /// <param name="path">JSON lines with <c>prompt</c>, <c>chosen</c>, <c>rejected</c>, each a list of messages.</param>
    /// <exception cref="MttException">A line is no such row.</exception>
    public static IEnumerable<AnswerPair> Read(string path)
    {
        using InputLines lines = InputLines.Open(path);
        for (int number = 1; lines.ReadLine() is { } line; number++)
        {
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return Parse(line, path, number);
            }
        }
    }

    private static AnswerPair Parse(string line, string path, int number)
    {
        try
        {
            Row row = RecordJson.Read<Row>(line);
            if (row.Prompt is null || row.Chosen is not { Count: > 0 } || row.Rejected is not { Count: > 0 })
            {
                throw new FormatException("prompt, chosen and rejected are needed");
            }

            JsonFields provenance = new() { ["place"] = Invariant($"{Path.GetFileName(path)}:{number}") };
            foreach ((string field, object? value) in row.Metadata ?? [])
            {
                provenance[field] = value;
            }

            string source = row.Metadata?.GetValueOrDefault("source")?.ToString() ?? "pairs";
            string id = row.Id ?? Invariant($"{Path.GetFileName(path)}:{number}");
            int turn = row.Prompt.Count(message => $"{message.GetValueOrDefault("role")}" == "user");
            string name = id.StartsWith($"{source}-", StringComparison.Ordinal) ? id[(source.Length + 1)..] : id;
            return new AnswerPair(source, name, Math.Max(1, turn))
            {
                Prompt = row.Prompt,
                Chosen = row.Chosen,
                Rejected = row.Rejected,
                Tools = row.Tools,
                Provenance = provenance,
            };
        }
        catch (FormatException problem)
        {
            throw new MttException(
                $"{path}:{number}: no pair of answers: {problem.Message}",
                "Name the trace.jsonl of mtt review, a report of mtt evaluate --output, logs of mtt sessions export --log, or pairs.",
                problem
            );
        }
    }

    private sealed record Row(
        string? Id,
        IReadOnlyList<Dictionary<string, object?>>? Prompt,
        IReadOnlyList<Dictionary<string, object?>>? Chosen,
        IReadOnlyList<Dictionary<string, object?>>? Rejected,
        object? Tools,
        Dictionary<string, object?>? Metadata
    );
}
