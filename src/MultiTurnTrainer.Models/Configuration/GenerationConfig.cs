namespace MultiTurnTrainer.Models.Configuration;

/// <summary>What a model folder says about generating.</summary>
/// <param name="EosTokenIds">The ids that end a sequence; may be empty.</param>
public sealed record GenerationConfig(IReadOnlyList<int> EosTokenIds)
{
    /// <summary>Reads <c>generation_config.json</c>, which has precedence, else <c>config.json</c>.</summary>
    /// <exception cref="MttException">A file is not JSON, or an id is not a number.</exception>
    public static GenerationConfig ReadFolder(string folder)
    {
        const string name = "eos_token_id";
        int[] own = Find(Path.Combine(folder, "generation_config.json"), name);
        return new GenerationConfig(own.Length > 0 ? own : Find(Path.Combine(folder, "config.json"), name));
    }

    private static int[] Find(string path, string name)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(InputFile.ReadBytes(path));
            if (!document.RootElement.TryGetProperty(name, out JsonElement value))
            {
                return [];
            }

            return value.ValueKind switch
            {
                JsonValueKind.Number => [value.GetInt32()],
                JsonValueKind.Array => [.. value.EnumerateArray().Select(id => id.GetInt32())],
                _ => [],
            };
        }
        catch (Exception problem) when (problem is JsonException or FormatException or InvalidOperationException)
        {
            throw new MttException(
                $"{path}: {name} cannot be read ({problem.Message})",
                "Fetch the file again.",
                problem
            );
        }
    }
}
