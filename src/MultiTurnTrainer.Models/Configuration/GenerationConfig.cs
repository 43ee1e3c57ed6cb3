using System.Text.Json;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Models.Configuration;

/// <summary>The token ids that begin, end and pad a generation.</summary>
/// <param name="BosTokenId">The id that begins a sequence, or null.</param>
/// <param name="EosTokenIds">The ids that end one; may be empty.</param>
/// <param name="PadTokenId">The id that fills, or null.</param>
public sealed record GenerationConfig(int? BosTokenId, IReadOnlyList<int> EosTokenIds, int? PadTokenId)
{
    /// <summary>
    /// Reads a model folder: each id from <c>generation_config.json</c>, which has precedence, else from
    /// <c>config.json</c>.
    /// </summary>
    /// <exception cref="MttException">A file is not JSON, or an id is not a number.</exception>
    public static GenerationConfig ReadFolder(string folder)
    {
        int[] Ids(string name)
        {
            int[] own = Find(Path.Combine(folder, "generation_config.json"), name);
            return own.Length > 0 ? own : Find(Path.Combine(folder, "config.json"), name);
        }

        int? First(string name) => Ids(name) is [int id, ..] ? id : null;
        return new GenerationConfig(First("bos_token_id"), Ids("eos_token_id"), First("pad_token_id"));
    }

    private static int[] Find(string path, string name)
    {
        if (!File.Exists(path))
        {
            return [];
        }

        try
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllBytes(path));
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
