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
            return
                JsonView
                    .Parse(InputFile.ReadBytes(manifest))
                    .GetProperty("inputs")
                    .TryGetProperty(name, out JsonView entry) && entry.TryGetProperty("sha256", out JsonView hash)
                ? hash.GetString()
                : null;
        }
        catch (Exception problem) when (problem is FormatException or KeyNotFoundException or InvalidOperationException)
        {
            // Not one of our manifests.
            return null;
        }
    }
}
