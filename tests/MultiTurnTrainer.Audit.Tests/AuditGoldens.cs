using System.IO.Compression;
using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Audit.Trainers;
using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Audit.Tests;

/// <summary>The rows that the trainers' own code made, and the models they were made for.</summary>
internal static class AuditGoldens
{
    /// <summary>The day on which the rows were made.</summary>
    public static DateTimeOffset Made { get; } = new(2026, 11, 28, 0, 0, 0, TimeSpan.Zero);

    public static string Folder => SharedData.Path("peers", "audit");

    /// <summary>The lines of a packed file.</summary>
    public static IEnumerable<string> Lines(string path)
    {
        using StreamReader reader = new(new GZipStream(File.OpenRead(path), CompressionMode.Decompress));
        while (reader.ReadLine() is string line)
        {
            yield return line;
        }
    }

    /// <summary>A folder like the one that the trainers had.</summary>
    public static string Model(string name, string under)
    {
        string[] row = File.ReadLines(Path.Combine(Folder, "models.tsv"))
            .Select(line => line.Split('\t'))
            .First(cells => cells[0] == name);
        string source = SharedData.Path(row[1]);
        string folder = Path.Combine(under, "models", name);
        Directory.CreateDirectory(folder);
        File.Copy(Path.Combine(source, "tokenizer.json"), Path.Combine(folder, "tokenizer.json"), true);
        string configFile = Path.Combine(source, "tokenizer_config.json");
        JsonObject config = File.Exists(configFile) ? JsonNode.Parse(File.ReadAllText(configFile))!.AsObject() : [];
        config["chat_template"] = Template(row[2]);
        config["eos_token"] = row[5];
        if (name.StartsWith("mistral", StringComparison.Ordinal))
        {
            config["bos_token"] = "<s>";
            config["unk_token"] = "<unk>";
        }

        File.WriteAllText(Path.Combine(folder, "tokenizer_config.json"), config.ToJsonString());
        File.WriteAllText(Path.Combine(folder, "generation_config.json"), $"{{\"eos_token_id\": {row[6]}}}");
        return folder;
    }

    private static string Template(string source)
    {
        string templates = SharedData.Path("templates");
        if (source.EndsWith("tokenizer_config.json", StringComparison.Ordinal))
        {
            return JsonNode.Parse(File.ReadAllText(SharedData.Path(source)))!["chat_template"]!.GetValue<string>();
        }

        return source.StartsWith("trl", StringComparison.Ordinal)
            ? File.ReadAllText(Path.Combine(templates, "trl__" + Path.GetFileName(source)))
            : File.ReadAllText(SharedData.Path(source));
    }
}
