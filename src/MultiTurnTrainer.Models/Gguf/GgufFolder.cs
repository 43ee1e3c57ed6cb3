using System.Security.Cryptography;
using MultiTurnTrainer.LibTorch.Loading;
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Gguf;

/// <summary>
/// A GGUF file as a model's folder: configuration, tokenizer and chat template are written into the user's cache once, beside a link to
/// the file, whose weights are dequantised while they are loaded.
/// </summary>
public static class GgufFolder
{
    /// <summary>The GGUF file that is meant by a path: itself, or the only one in a folder without config.json; null for none.</summary>
    public static string? FileOf(string path)
    {
        if (path.EndsWith(GgufFile.Extension, StringComparison.OrdinalIgnoreCase) && File.Exists(path))
        {
            return path;
        }

        if (!Directory.Exists(path) || File.Exists(Path.Combine(path, "config.json")))
        {
            return null;
        }

        string[] files = [.. Directory.EnumerateFiles(path, "*" + GgufFile.Extension).Take(2)];
        return files.Length == 1 ? files[0] : null;
    }

    /// <summary>Makes the folder of a file.</summary>
    /// <returns>Its path, in the cache.</returns>
    /// <exception cref="MttException">The file is damaged, or of a family or tokenizer that mtt does not know in GGUF.</exception>
    public static string Open(string path)
    {
        string full = Path.GetFullPath(path);
        using GgufFile file = GgufFile.Open(full);
        JsonObject config = GgufConfig.Write(file);
        string folder = Path.Combine(CacheFolder.Root.Folder, "gguf", Key(file, full));
        try
        {
            Fill(folder, file, config);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.Explain(folder, problem);
        }

        return folder;
    }

    private static void Fill(string folder, GgufFile file, JsonObject config)
    {
        Directory.CreateDirectory(folder);
        Write("config.json", JsonSerializer.SerializeToUtf8Bytes<JsonNode>(config, JsonText.Indented));
        Write(
            "generation_config.json",
            JsonSerializer.SerializeToUtf8Bytes<JsonNode>(GgufConfig.WriteGeneration(file.Metadata), JsonText.Indented)
        );
        foreach ((string name, byte[] bytes) in GgufTokenizer.Write(file.Metadata))
        {
            Write(name, bytes);
        }

        Link(Path.Combine(folder, CompanionFiles.GgufLink), file.Path);

        void Write(string name, byte[] bytes)
        {
            string target = Path.Combine(folder, name);
            if (!File.Exists(target) || !File.ReadAllBytes(target).AsSpan().SequenceEqual(bytes))
            {
                OutputFile.WriteAllBytes(target, bytes, force: true);
            }
        }
    }

    private static void Link(string link, string target)
    {
        try
        {
            if (!File.Exists(link))
            {
                File.CreateSymbolicLink(link, target);
            }
        }
        catch (IOException) when (File.Exists(link))
        {
            // Another process was faster.
        }
    }

    // By header and place: another file of that name gets another folder.
    private static string Key(GgufFile file, string path)
    {
        using FileStream stream = File.OpenRead(path);
        using IncrementalHash hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        byte[] buffer = new byte[1 << 16];
        for (long left = file.DataStart; left > 0; )
        {
            int count = stream.Read(buffer, 0, (int)Math.Min(buffer.Length, left));
            if (count == 0)
            {
                break;
            }

            hash.AppendData(buffer, 0, count);
            left -= count;
        }

        hash.AppendData(Encoding.UTF8.GetBytes(path));
        return Convert.ToHexStringLower(hash.GetHashAndReset())[..32];
    }
}
