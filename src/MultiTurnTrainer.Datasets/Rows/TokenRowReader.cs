using System.Text.Json;
using MultiTurnTrainer.Datasets.Parquet;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Reads token rows from <c>.parquet</c> or <c>.jsonl</c>, one at a time: memory holds one page or line.</summary>
public static class TokenRowReader
{
    /// <summary>
    /// Whether a file holds token rows: Parquet with a column <c>input_ids</c>, or JSON lines whose first object has it.
    /// </summary>
    public static bool IsTokenRows(string path)
    {
        if (Path.GetExtension(path).Equals(".parquet", StringComparison.OrdinalIgnoreCase))
        {
            using ParquetFile file = ParquetFile.Open(path);
            return file.Schema.Children.Any(child => child.Name == "input_ids");
        }

        if (!Path.GetExtension(path).Equals(".jsonl", StringComparison.OrdinalIgnoreCase))
        {
            return false;
        }

        using StreamReader reader = OpenText(path);
        string? first = reader.ReadLine();
        try
        {
            using JsonDocument document = JsonDocument.Parse(first ?? "null");
            return document.RootElement.ValueKind == JsonValueKind.Object
                && document.RootElement.TryGetProperty("input_ids", out _);
        }
        catch (JsonException)
        {
            return false;
        }
    }

    /// <summary>The rows of a file in order.</summary>
    /// <param name="path">A <c>.parquet</c> or <c>.jsonl</c> file.</param>
    /// <param name="labelsOptional">Whether JSON lines may lack labels: every token counts then.</param>
    /// <exception cref="MttException">The file is missing, of another format, or a row is wrong (with its number).</exception>
    public static IEnumerable<TokenRow> Read(string path, bool labelsOptional = false)
    {
        InputFile.RequireExists(path, "Name a .parquet or .jsonl file.");
        IEnumerable<TokenRow> rows =
            TokenRowFormats.FromPath(path) == TokenRowFormat.Parquet
                ? ParquetTokenRowReader.Read(path)
                : ReadJsonl(path, labelsOptional);
        long number = 0;
        foreach (TokenRow row in rows)
        {
            number++;
            yield return row.Problem() is string problem
                ? throw new MttException($"{path}:{number}: {problem}", "Write the rows again with mtt mask.")
                : row;
        }
    }

    private static IEnumerable<TokenRow> ReadJsonl(string path, bool labelsOptional)
    {
        using StreamReader reader = OpenText(path);
        long number = 0;
        while (reader.ReadLine() is string line)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return ParseLine(path, number, line, labelsOptional);
            }
        }
    }

    private static StreamReader OpenText(string path) =>
        new(InputFile.OpenRead(path, "Name a .parquet or .jsonl file."));

    private static TokenRow ParseLine(string path, long number, string line, bool labelsOptional)
    {
        try
        {
            using JsonDocument document = JsonDocument.Parse(line);
            JsonElement root = document.RootElement;
            int[] Ints(string name) => [.. root.GetProperty(name).EnumerateArray().Select(value => value.GetInt32())];
            return new TokenRow(
                root.TryGetProperty("id", out JsonElement id) && id.ValueKind != JsonValueKind.Null
                    ? id.ToString()
                    : null,
                Ints("input_ids"),
                labelsOptional && !root.TryGetProperty("labels", out _) ? Ints("input_ids") : Ints("labels"),
                root.TryGetProperty("loss_weights", out JsonElement weights) && weights.ValueKind != JsonValueKind.Null
                    ? [.. weights.EnumerateArray().Select(value => value.GetSingle())]
                    : null,
                root.TryGetProperty("spans", out JsonElement spans) && spans.ValueKind != JsonValueKind.Null
                    ? SupervisedSpans.Read(spans)
                    : null
            );
        }
        catch (Exception problem)
            when (problem is JsonException or FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new MttException(
                $"{path}:{number}: not a token row: {problem.Message}",
                "A line is {\"id\", \"input_ids\": [integers], \"labels\": [integers]}; make it with mtt mask.",
                problem
            );
        }
    }
}
