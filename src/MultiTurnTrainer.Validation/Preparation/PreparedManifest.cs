namespace MultiTurnTrainer.Validation.Preparation;

/// <summary>The manifest of a preparation: what it says when it is done.</summary>
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
        if (counts.Unweighted + counts.Repeated > 0)
        {
            manifest.Counts["unweighted"] = counts.Unweighted;
            manifest.Counts["repeated"] = counts.Repeated;
        }

        if (counts.NearSample is { } sample)
        {
            manifest.Counts["near_duplicate_sample"] = sample;
        }

        if (manifest.Options.ContainsKey("redact_fields"))
        {
            manifest.Counts["unredactable"] = counts.Unredactable;
            manifest.Counts["redacted"] = counts.Redacted;
        }

        manifest.Counts["other_shards"] = counts.OtherShards;
        manifest.Counts["written"] = counts.Written;
        manifest.Counts["formats"] = counts.Formats;
        manifest.Counts["rewrites"] = counts.Rewrites;
        manifest.Counts["errors"] = counts.Errors;
        foreach (string output in outputs)
        {
            manifest.AddOutput(output);
        }

        manifest.WriteBeside(path[..^".manifest.json".Length]);
    }
}
