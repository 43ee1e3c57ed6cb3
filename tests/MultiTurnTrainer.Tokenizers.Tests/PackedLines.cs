using System.IO.Compression;
using System.Text.Json;

namespace MultiTurnTrainer.Tokenizers.Tests;

/// <summary>Lines of the packed JSON files beside these tests.</summary>
internal static class PackedLines
{
    /// <summary>The lines of a file in <c>Vectors</c>.</summary>
    public static IEnumerable<JsonElement> Read(string name)
    {
        string path = Path.Combine(Repository.Root, "tests/MultiTurnTrainer.Tokenizers.Tests/Vectors", name);
        using FileStream file = File.OpenRead(path);
        using GZipStream unpacked = new(file, CompressionMode.Decompress);
        using StreamReader lines = new(unpacked);
        while (lines.ReadLine() is { } line)
        {
            yield return JsonDocument.Parse(line).RootElement;
        }
    }
}
