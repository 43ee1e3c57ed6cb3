namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>The manifest of a preparation: what it says when it is done, and whether that is still true.</summary>
internal static class PreparedManifest
{
    /// <summary>Writes the manifest beside the outputs.</summary>
    public static void Write(string path, Manifest manifest, PreparedCounts counts, IReadOnlyList<string> outputs)
    {
        manifest.Counts["read"] = counts.Read;
        manifest.Counts["rejected"] = counts.Rejected;
        manifest.Counts["filtered"] = counts.Filtered;
        manifest.Counts["duplicates"] = counts.Duplicates;
        manifest.Counts["prefixes"] = counts.Prefixes;
        manifest.Counts["near_duplicates"] = counts.NearDuplicates;
        if (counts.NearSample is { } sample)
        {
            manifest.Counts["near_duplicate_sample"] = sample;
        }

        manifest.Counts["other_shards"] = counts.OtherShards;
        manifest.Counts["written"] = Object(counts.Written);
        manifest.Counts["formats"] = Object(counts.Formats);
        manifest.Counts["rewrites"] = Object(counts.Rewrites);
        manifest.Counts["errors"] = Object(counts.Errors);
        foreach (string output in outputs)
        {
            manifest.AddOutput(output);
        }

        manifest.WriteBeside(path[..^".manifest.json".Length]);
    }

    /// <summary>Whether a manifest says that the same inputs and options were prepared, and its outputs still stand.</summary>
    public static bool IsFinished(string path, Manifest planned, string folder)
    {
        if (!File.Exists(path))
        {
            return false;
        }

        try
        {
            JsonObject found = JsonNode.Parse(File.ReadAllBytes(path))!.AsObject();
            bool same =
                found["tool"]?.GetValue<string>() == $"mtt {Manifest.ToolVersion}"
                && JsonNode.DeepEquals(found["inputs"], planned.Inputs)
                && JsonNode.DeepEquals(found["options"], planned.Options);
            return same
                && found["outputs"] is JsonObject outputs
                && outputs.All(output => Stands(Path.Combine(folder, output.Key), output.Value));
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            return false;
        }
    }

    private static bool Stands(string path, JsonNode? described) =>
        File.Exists(path)
        && new FileInfo(path).Length == described?["bytes"]?.GetValue<long>()
        && ContentHash.OfFile(path) == described["sha256"]?.GetValue<string>();

    private static JsonObject Object(SortedDictionary<string, long> counts) =>
        [.. counts.Select(pair => KeyValuePair.Create(pair.Key, (JsonNode?)JsonValue.Create(pair.Value)))];
}
