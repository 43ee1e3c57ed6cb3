namespace MultiTurnTrainer.Models.Configuration;

/// <summary>What an adapter calls its base: the name on the hub where the folder knows it, so that the adapter loads on any machine.</summary>
public static partial class BaseName
{
    /// <summary>The name of a model folder: by the hub's cache, the GGUF file that it stands for, by <c>_name_or_path</c> of its config.json, else the folder itself.</summary>
    public static string Of(string folder)
    {
        if (CachedRepository.Of(folder) is { } cached)
        {
            return cached.Id;
        }

        if (new FileInfo(Path.Combine(folder, CompanionFiles.GgufLink)).LinkTarget is { } file)
        {
            return file;
        }

        return ReadRecord(folder) is { } name && HubId().IsMatch(name) && !Directory.Exists(name) ? name : folder;
    }

    private static string? ReadRecord(string folder)
    {
        string path = Path.Combine(folder, "config.json");
        try
        {
            return
                File.Exists(path)
                && JsonNode.Parse(InputFile.ReadBytes(path))?["_name_or_path"] is JsonValue value
                && value.TryGetValue(out string? name)
                ? name
                : null;
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // Whoever loads the model says what is wrong with it.
            return null;
        }
    }

    [GeneratedRegex(@"^[A-Za-z0-9][\w.-]*/[A-Za-z0-9][\w.-]*$")]
    private static partial Regex HubId();
}
