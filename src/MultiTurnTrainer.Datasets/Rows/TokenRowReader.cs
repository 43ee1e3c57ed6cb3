using MultiTurnTrainer.Datasets.Parquet;

namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Reads token rows from <c>.parquet</c> or <c>.jsonl</c>, one at a time: memory holds one page or line.</summary>
public static class TokenRowReader
{
    /// <summary>Whether a file holds token rows: Parquet with a column <c>input_ids</c>, or JSON lines whose first object has it.</summary>
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

        using InputLines reader = OpenText(path);
        string? first = reader.ReadLine();
        try
        {
            return JsonView.Parse(first ?? "null").TryGetProperty("input_ids", out _);
        }
        catch (FormatException)
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
        IEnumerable<StoredRow> stored =
            TokenRowFormats.FromPath(path) == TokenRowFormat.Parquet
                ? ParquetTokenRowReader.Read(path)
                : ReadJsonl(path);
        long number = 0;
        foreach (StoredRow row in stored)
        {
            number++;
            foreach (TokenRow one in Rows(row, labelsOptional, path, number))
            {
                yield return one;
            }
        }
    }

    private static IReadOnlyList<TokenRow> Rows(StoredRow row, bool labelsOptional, string path, long number)
    {
        try
        {
            return [.. row.Rows(labelsOptional)];
        }
        catch (InvalidDataException problem)
        {
            throw new MttException(
                $"{path}:{number}: {problem.Message}",
                "Fix what wrote the rows, or make them with mtt mask.",
                problem
            );
        }
    }

    /// <summary>Refuses a column that would change what rows mean and is not supported.</summary>
    internal static void Require(string place, string column)
    {
        if (StoredRow.Unsupported(column) is { } reason)
        {
            throw new MttException($"{place}: {reason}", "Leave the column out, or make token rows with mtt mask.");
        }
    }

    private static IEnumerable<StoredRow> ReadJsonl(string path)
    {
        using InputLines reader = OpenText(path);
        JsonScanner scanner = new();
        long number = 0;
        while (reader.ReadLine() is string line)
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return ParseLine(path, number, scanner, line);
            }
        }
    }

    private static InputLines OpenText(string path) => InputLines.Open(path, "Name a .parquet or .jsonl file.");

    private static StoredRow ParseLine(string path, long number, JsonScanner scanner, string line)
    {
        try
        {
            JsonView row = scanner.Read(Encoding.UTF8.GetBytes(line));
            string? id = null;
            Dictionary<string, int[]> ints = new(StringComparer.Ordinal);
            float[]? weights = null;
            IReadOnlyList<SupervisedSpan>? spans = null;
            foreach (JsonMember property in row.EnumerateObject())
            {
                Require($"{path}:{number}", property.Name);
                switch (property.Name)
                {
                    case var _ when property.Value.Kind == JsonKind.Null:
                        break;
                    case "id":
                        id = property.Value.ToString();
                        break;
                    case "loss_weights":
                        weights = [.. property.Value.EnumerateArray().Select(value => (float)value.GetDouble())];
                        break;
                    case "spans":
                        spans = SupervisedSpans.Read(property.Value);
                        break;
                    case var name when StoredRow.Lists.Contains(name):
                        ints[name] = [.. property.Value.EnumerateArray().Select(Integer)];
                        break;
                }
            }

            return new StoredRow(id, ints, weights, spans);
        }
        catch (Exception problem) when (problem is FormatException or InvalidOperationException or KeyNotFoundException)
        {
            throw new MttException(
                $"{path}:{number}: not a token row: {problem.Message}",
                "A line is {\"id\", \"input_ids\": [integers], \"labels\": [integers]}; make it with mtt mask.",
                problem
            );
        }
    }

    private static int Integer(JsonView value) =>
        value.Kind switch
        {
            JsonKind.True => 1,
            JsonKind.False => 0,
            _ => value.GetInt32(),
        };
}
