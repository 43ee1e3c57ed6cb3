using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Training.Checkpoints;

/// <summary>
/// What a run's numbers depend on, part by part, so that a refusal to resume can say which part changed: settings
/// that shape the maths, the model's weights, the data, the adapter's first weights, the packing.
/// </summary>
/// <param name="Parts">A hash or short text per part.</param>
internal sealed record RunFingerprint(IReadOnlyDictionary<string, string> Parts)
{
    /// <summary>Refuses a checkpoint that another run wrote.</summary>
    /// <exception cref="MttException">A part differs; the message names all that do.</exception>
    public void RequireSame(RunFingerprint stored, string folder)
    {
        string[] changed =
        [
            .. Parts
                .Keys.Union(stored.Parts.Keys)
                .Where(part => Parts.GetValueOrDefault(part) != stored.Parts.GetValueOrDefault(part))
                .Order(StringComparer.Ordinal),
        ];
        if (changed.Length > 0)
        {
            throw new MttException(
                $"{folder}: written by another run: {string.Join(", ", changed)} differ",
                "Resume with the settings, model and data the run began with, or start a new output folder."
            );
        }
    }

    /// <summary>As JSON, keys sorted.</summary>
    public JsonObject ToJson() =>
        new(
            Parts
                .OrderBy(part => part.Key, StringComparer.Ordinal)
                .Select(part => KeyValuePair.Create(part.Key, (JsonNode?)JsonValue.Create(part.Value)))
        );

    /// <summary>Reads <see cref="ToJson"/> back.</summary>
    public static RunFingerprint FromJson(JsonElement json) =>
        new(json.EnumerateObject().ToDictionary(part => part.Name, part => part.Value.GetString()!));
}
