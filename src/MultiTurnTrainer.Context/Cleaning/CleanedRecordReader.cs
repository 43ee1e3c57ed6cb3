using System.Globalization;
using System.Text.Json;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>Reads what <c>mtt clean</c> wrote, one record at a time.</summary>
public static class CleanedRecordReader
{
    private static readonly string[] _keys =
    [
        "id",
        "kind",
        "turn",
        "turns",
        "policy",
        "student_context",
        "reference_context",
        "completion",
        "removed",
        "kept",
        "marks",
    ];

    /// <summary>Reads a file.</summary>
    /// <param name="path">The file.</param>
    /// <exception cref="MttException">No such file, or a line that is no record; the message names file and line.</exception>
    public static IEnumerable<CleanedRecord> Read(string path)
    {
        if (!File.Exists(path))
        {
            throw new MttException($"{path}: no such file", "Make it with mtt clean.");
        }

        int number = 0;
        foreach (string line in File.ReadLines(path))
        {
            number++;
            if (!string.IsNullOrWhiteSpace(line))
            {
                yield return Parse(line, string.Create(CultureInfo.InvariantCulture, $"{path}:{number}"));
            }
        }
    }

    private static CleanedRecord Parse(string line, string place)
    {
        try
        {
            JsonElement row = JsonSerializer.Deserialize<JsonElement>(line);
            if (_keys.FirstOrDefault(key => !row.TryGetProperty(key, out _)) is { } missing)
            {
                throw new FormatException($"it has no '{missing}'");
            }

            return new CleanedRecord
            {
                Id = row.GetProperty("id").GetString()!,
                Kind = Enum.Parse<TurnKind>(row.GetProperty("kind").GetString()!, ignoreCase: true),
                Turn = row.GetProperty("turn").GetInt32(),
                Turns = row.GetProperty("turns").GetInt32(),
                Policy = Enum.Parse<ReferencePolicy>(row.GetProperty("policy").GetString()!, ignoreCase: true),
                StudentContext = [.. row.GetProperty("student_context").EnumerateArray()],
                ReferenceContext = [.. row.GetProperty("reference_context").EnumerateArray()],
                Completion = row.GetProperty("completion"),
                Tools = row.TryGetProperty("tools", out JsonElement tools) ? tools : null,
                Removed = [.. row.GetProperty("removed").EnumerateArray().Select(index => index.GetInt32())],
                Kept = [.. row.GetProperty("kept").EnumerateArray().Select(index => index.GetInt32())],
                Marks =
                [
                    .. row.GetProperty("marks")
                        .EnumerateArray()
                        .Select(mark => new TurnMark(
                            mark.GetProperty("message").GetInt32(),
                            Enum.Parse<TurnMarkKind>(mark.GetProperty("kind").GetString()!, ignoreCase: true),
                            mark.GetProperty("text").GetString()!
                        )),
                ],
            };
        }
        catch (Exception problem)
            when (problem
                    is JsonException
                        or KeyNotFoundException
                        or InvalidOperationException
                        or ArgumentException
                        or FormatException
            )
        {
            throw new MttException(
                $"{place}: not a record of mtt clean: {problem.Message}",
                "Make it anew with mtt clean.",
                problem
            );
        }
    }
}
