using System.IO.Compression;
using System.Text;
using System.Text.Json;

namespace MultiTurnTrainer.Benchmarks.Tokenizers;

/// <summary>Texts of a <c>{"text"}</c> JSON Lines file, as UTF-8.</summary>
internal static class Corpus
{
    /// <summary>Reads texts until there are so many bytes.</summary>
    public static List<byte[]> Read(string path, long bytes = long.MaxValue)
    {
        using Stream file = File.OpenRead(path);
        using Stream unpacked = path.EndsWith(".gz", StringComparison.Ordinal)
            ? new GZipStream(file, CompressionMode.Decompress)
            : file;
        using StreamReader lines = new(unpacked);
        List<byte[]> texts = [];
        long total = 0;
        while (total < bytes && lines.ReadLine() is { } line)
        {
            using JsonDocument json = JsonDocument.Parse(line);
            byte[] text = Encoding.UTF8.GetBytes(json.RootElement.GetProperty("text").GetString()!);
            texts.Add(text);
            total += text.Length;
        }

        return texts;
    }

    /// <summary>The same bytes as texts of a megabyte each, cut between scalars.</summary>
    public static List<byte[]> Join(List<byte[]> texts)
    {
        byte[] all = [.. texts.SelectMany(t => t)];
        List<byte[]> parts = [];
        for (int at = 0; at < all.Length; )
        {
            int end = Math.Min(all.Length, at + 1_000_000);
            while (end < all.Length && (all[end] & 0xC0) == 0x80)
            {
                end--;
            }

            parts.Add(all[at..end]);
            at = end;
        }

        return parts;
    }
}
