using System.IO.Compression;
using System.Text.Json;

namespace MultiTurnTrainer.Tokenizers.Tests.Formats;

/// <summary>A string with what SentencePiece, tiktoken or mistral-common make of it; the shared README says the fields.</summary>
internal sealed record PeerGolden(string Text, int[] Ids, int[] Offsets, int[]? WithSpecialTokens, string Decoded)
{
    /// <summary>The strings of one model.</summary>
    public static IReadOnlyList<PeerGolden> Read(string kind, string name)
    {
        using Stream file = File.OpenRead(SharedData.Path("peers", "tokenizers", kind, $"{name}.jsonl.gz"));
        using GZipStream unpacked = new(file, CompressionMode.Decompress);
        using StreamReader lines = new(unpacked);
        List<PeerGolden> goldens = [];
        while (lines.ReadLine() is { } line)
        {
            JsonElement root = JsonDocument.Parse(line).RootElement;
            string text = root.GetProperty("t").GetString()!;
            goldens.Add(
                new PeerGolden(
                    text,
                    Numbers(root.GetProperty("i")),
                    Numbers(root.GetProperty("o")),
                    root.TryGetProperty("s", out JsonElement special) ? Numbers(special) : null,
                    root.TryGetProperty("d", out JsonElement decoded) ? decoded.GetString()! : text
                )
            );
        }

        return goldens;
    }

    /// <summary>Writes a shared file into a folder, unpacked.</summary>
    public static string Unpack(TempFolder folder, string kind, string name, string target)
    {
        using Stream file = File.OpenRead(SharedData.Path("peers", "tokenizers", kind, name));
        using Stream content = name.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
        string path = System.IO.Path.Combine(folder.Path, target);
        using FileStream output = File.Create(path);
        content.CopyTo(output);
        return path;
    }

    private static int[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(n => n.GetInt32())];
}
