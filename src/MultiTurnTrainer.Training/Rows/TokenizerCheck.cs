using System.Text.Json;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Training.Rows;

/// <summary>Compares the tokenizer that made a file of rows, as its manifest says, with the model's.</summary>
internal static class TokenizerCheck
{
    private const string Entry = "tokenizer:tokenizer.json";

    /// <summary>Refuses rows that another tokenizer made. Without a manifest, or without a tokenizer, nothing is known.</summary>
    /// <exception cref="MttException">The hashes differ.</exception>
    public static void Require(string rows, string model)
    {
        string tokenizer = Path.Combine(model, "tokenizer.json");
        string manifest = Manifest.PathFor(rows);
        if (!File.Exists(tokenizer) || !File.Exists(manifest) || ReadHash(manifest) is not { } made)
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

    private static string? ReadHash(string manifest)
    {
        try
        {
            using JsonDocument json = JsonDocument.Parse(File.ReadAllBytes(manifest));
            return
                json.RootElement.GetProperty("inputs").TryGetProperty(Entry, out JsonElement entry)
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
