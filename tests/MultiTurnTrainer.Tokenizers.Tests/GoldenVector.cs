using System.IO.Compression;
using System.Text.Json;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>One string with what the reference makes of it.</summary>
internal sealed record GoldenVector(
    string Text,
    int[] Ids,
    int[] Offsets,
    int[] WithSpecialTokens,
    string Decoded,
    string DecodedWithoutSpecial
)
{
    /// <summary>Reads a file of vectors; <c>README.md</c> of the shared data describes the fields.</summary>
    public static IEnumerable<GoldenVector> Read(string path)
    {
        using Stream file = File.OpenRead(path);
        using Stream unpacked = path.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
        using StreamReader lines = new(unpacked);
        while (lines.ReadLine() is { } line)
        {
            using JsonDocument json = JsonDocument.Parse(line);
            JsonElement root = json.RootElement;
            string text = root.GetProperty("t").GetString()!;
            int[] ids = Numbers(root.GetProperty("i"));
            string decoded = root.TryGetProperty("d", out JsonElement d) ? d.GetString()! : text;
            yield return new GoldenVector(
                text,
                ids,
                Numbers(root.GetProperty("o")),
                root.TryGetProperty("s", out JsonElement s) ? Numbers(s) : ids,
                decoded,
                root.TryGetProperty("k", out JsonElement k) ? k.GetString()! : decoded
            );
        }
    }

    private static int[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(n => n.GetInt32())];
}
