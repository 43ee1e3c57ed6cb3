namespace MultiTurnTrainer.Training.Rows;

/// <summary>Compares the tokenizer that made a file of rows, as its manifest says, with the model's.</summary>
internal static class TokenizerCheck
{
    /// <summary>Refuses rows that another tokenizer made. Without a manifest, or without a tokenizer, nothing is known.</summary>
    /// <exception cref="MttException">The hashes differ.</exception>
    public static void Require(string rows, string model)
    {
        string manifest = Manifest.PathFor(rows);
        if (
            Tokenizer.FileOf(model) is not { } tokenizer
            || !File.Exists(manifest)
            || ReadHash(manifest, $"tokenizer:{Path.GetFileName(tokenizer)}") is not { } made
        )
        {
            return;
        }

        if (made != ContentHash.OfFile(tokenizer))
        {
            throw new MttException(
                $"{rows}: made with another tokenizer than {tokenizer} (by its manifest)",
                "Make the rows again with mtt mask and this model."
            );
        }
    }

    private static string? ReadHash(string manifest, string name)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(InputFile.ReadBytes(manifest));
            return
                json.RootElement.GetProperty("inputs").TryGetProperty(name, out JsonElement entry)
                && entry.TryGetProperty("sha256", out JsonElement hash)
                ? hash.GetString()
                : null;
        }
        catch (Exception problem) when (problem is JsonException or KeyNotFoundException or InvalidOperationException)
        {
            // Not one of our manifests.
            return null;
        }
    }
}
