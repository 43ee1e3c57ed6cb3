using System.Text.Json;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Synthesis.Seeds;

/// <summary>A record that holds no instruction.</summary>
/// <param name="File">The file's name.</param>
/// <param name="Record">Its place in the file, from 1.</param>
/// <param name="Reason">Why it was left out.</param>
public sealed record SkippedSeed(string File, int Record, string Reason);

/// <summary>
/// Reads instructions: <c>{"instruction", "input"?}</c>, or the first user message of a conversation with the system
/// message before it.
/// </summary>
public static class SeedReader
{
    /// <summary>Reads all seeds of some files, one at a time.</summary>
    /// <param name="paths">JSONL files, or JSON files that hold one array.</param>
    /// <param name="skipped">Told of every record that is left out.</param>
    public static IEnumerable<Seed> Read(IReadOnlyList<string> paths, Action<SkippedSeed>? skipped = null)
    {
        int index = 0;
        foreach (string path in paths)
        {
            int number = 0;
            foreach (JsonElement record in Records(path))
            {
                number++;
                if (FromRecord(index, record) is { } seed)
                {
                    index++;
                    yield return seed;
                }
                else
                {
                    skipped?.Invoke(
                        new SkippedSeed(Path.GetFileName(path), number, "no instruction and no user message")
                    );
                }
            }
        }
    }

    private static Seed? FromRecord(int index, JsonElement record)
    {
        if (record.ValueKind != JsonValueKind.Object)
        {
            return null;
        }

        string? id = record.TryGetProperty("id", out JsonElement own) ? own.ToString() : null;
        JsonElement? metadata = record.TryGetProperty("metadata", out JsonElement value) ? value : null;
        if (Text(record, "instruction") is { } instruction)
        {
            string question = Text(record, "input") is { } input ? $"{instruction}\n\n{input}" : instruction;
            return new Seed(index, question)
            {
                Id = id,
                System = Text(record, "system"),
                Metadata = metadata,
            };
        }

        if (!record.TryGetProperty("messages", out JsonElement messages) || messages.ValueKind != JsonValueKind.Array)
        {
            return null;
        }

        string? system = null;
        foreach (JsonElement message in messages.EnumerateArray())
        {
            switch (Text(message, "role"))
            {
                case "system" or "developer":
                    system = Text(message, "content");
                    break;
                case "user":
                    return Text(message, "content") is { } question
                        ? new Seed(index, question)
                        {
                            Id = id,
                            System = system,
                            Metadata = metadata,
                        }
                        : null;
                default:
                    break;
            }
        }

        return null;
    }

    private static string? Text(JsonElement value, string name) =>
        value.ValueKind == JsonValueKind.Object
        && value.TryGetProperty(name, out JsonElement member)
        && member.ValueKind == JsonValueKind.String
        && member.GetString() is { } text
        && !string.IsNullOrWhiteSpace(text)
            ? text
            : null;

    private static IEnumerable<JsonElement> Records(string path)
    {
        if (!File.Exists(path))
        {
            throw new MttException($"{path}: no such file", "Name a file of instructions.");
        }

        using StreamReader reader = new(path);
        int number = 0;
        while (reader.ReadLine() is { } line)
        {
            number++;
            if (string.IsNullOrWhiteSpace(line))
            {
                continue;
            }

            if (line.TrimStart()[0] == '[')
            {
                foreach (JsonElement element in Parse(path, number, line + "\n" + reader.ReadToEnd()).EnumerateArray())
                {
                    yield return element;
                }

                yield break;
            }

            yield return Parse(path, number, line);
        }
    }

    private static JsonElement Parse(string path, int line, string text)
    {
        try
        {
            return JsonSerializer.Deserialize<JsonElement>(text);
        }
        catch (JsonException problem)
        {
            throw new MttException($"{path}:{line}: not valid JSON", "Check it with: mtt validate", problem);
        }
    }
}
