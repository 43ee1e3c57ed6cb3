using System.Collections.Concurrent;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Audit.Rows;
using MultiTurnTrainer.Audit.Settings;
using MultiTurnTrainer.Audit.Trainers;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;

namespace MultiTurnTrainer.Audit.Tests;

/// <summary>Each trainer's rule against rows that its own code made: ids and labels token for token, refusals row for row.</summary>
public class TrainerGoldenTests
{
    private static readonly ConcurrentDictionary<string, Lazy<(RowModel, string)>> _models = new();

    public static TheoryData<string, string> Runs()
    {
        TheoryData<string, string> runs = [];
        string folder = Path.Combine(SharedData.Root ?? "", "peers", "audit");
        foreach (string trainer in new[] { "trl", "llamafactory", "ms-swift", "axolotl", "unsloth" })
        {
            string configs = Path.Combine(folder, trainer, "config");
            IEnumerable<string> names = Directory.Exists(configs)
                ? Directory.EnumerateFiles(configs).Select(path => Path.GetFileName(path)).Order(StringComparer.Ordinal)
                : ["(none)"];
            foreach (string name in names)
            {
                runs.Add(trainer, name);
            }
        }

        return runs;
    }

    [Theory]
    [MemberData(nameof(Runs))]
    public void Build_OfEveryGoldenRow_IsTheTrainersOwn(string trainer, string config)
    {
        string golden = Path.Combine(AuditGoldens.Folder, trainer);
        string folder = TrainerFolder(trainer);
        string[] name = Path.GetFileNameWithoutExtension(config).Split("--");
        LoadedTrainer loaded = TrainerLoader.Load(Path.Combine(folder, config), null);
        Assert.Empty(loaded.Unknown);
        Dictionary<string, List<JsonObject>> expected = AuditGoldens
            .Lines(Path.Combine(golden, "rows.jsonl.gz"))
            .Select(line => JsonNode.Parse(line)!.AsObject())
            .Where(line => line["runs"]!.AsObject().ContainsKey(name[0]))
            .GroupBy(line => line["model"]!.GetValue<string>())
            .ToDictionary(group => group.Key, group => group.ToList());
        string data =
            loaded.Data.Count > 0 ? loaded.Data[0]
            : name[0] == "prompt_completion" ? Path.Combine(folder, "data-prompt-completion.jsonl")
            : Path.Combine(folder, "data.jsonl");
        Dictionary<string, JsonObject> rows = File.ReadLines(data)
            .Select(line => JsonNode.Parse(line)!.AsObject())
            .ToDictionary(row => row["id"]!.GetValue<string>());
        List<string> differences = [];
        foreach (
            (string model, List<JsonObject> lines) in expected.Where(pair => name.Length == 1 || pair.Key == name[1])
        )
        {
            (RowModel seen, string place) = Model(model);
            ITrainer built = loaded.Create(seen, place);
            foreach (JsonObject line in lines)
            {
                string id = line["id"]!.GetValue<string>();
                if (!rows.TryGetValue(id, out JsonObject? row))
                {
                    // Not every conversation is a pair of prompt and completion.
                    Assert.True(line["runs"]![name[0]]!.AsObject().ContainsKey("refused"));
                    continue;
                }

                if (Difference(built, row, line, line["runs"]![name[0]]!.AsObject()) is { } difference)
                {
                    differences.Add($"{model} {id}: {difference}");
                }
            }
        }

        Assert.True(
            differences.Count == 0,
            $"{differences.Count} of {expected.Sum(pair => pair.Value.Count)} rows differ:\n{string.Join('\n', differences.Take(8))}"
        );
    }

    private static string? Difference(ITrainer trainer, JsonObject row, JsonObject line, JsonObject run)
    {
        AuditedRow built;
        try
        {
            built = trainer.Build((JsonFields)JsonTree.Of(JsonView.Parse(row.ToJsonString()))!)[0];
        }
        catch (RefusedRowException problem)
        {
            return run.ContainsKey("refused") ? null : $"refused: {problem.Message}";
        }

        if (run["refused"] is { } reason)
        {
            return $"not refused, as {reason}";
        }

        int[] ids = [.. line["input_ids"]!.AsArray().Select(id => id!.GetValue<int>())];
        if (!ids.SequenceEqual(built.InputIds))
        {
            int at = ids.AsSpan().CommonPrefixLength(built.InputIds);
            return $"ids part at {at}: {Some(ids, at)} is {Some(built.InputIds, at)} ({ids.Length}, {built.InputIds.Length})";
        }

        int[] labels = new int[ids.Length];
        Array.Fill(labels, AuditedRow.Ignored);
        foreach (JsonNode? span in run["supervised"]!.AsArray())
        {
            int start = span![0]!.GetValue<int>();
            int end = span[1]!.GetValue<int>();
            Array.Copy(ids, start, labels, start, end - start);
        }

        foreach ((string place, JsonNode? id) in run["label_at"] as JsonObject ?? [])
        {
            labels[int.Parse(place)] = id!.GetValue<int>();
        }

        if (!labels.SequenceEqual(built.Labels))
        {
            int at = labels.AsSpan().CommonPrefixLength(built.Labels);
            return $"labels part at {at} of {ids.Length}: {Some(labels, at)} is {Some(built.Labels, at)}";
        }

        return
            run["loss_scale"] is JsonArray scale
            && !scale.Select(value => value!.GetValue<float>()).SequenceEqual(built.Weights ?? [])
            ? "weights differ"
            : null;
    }

    private static string Some(int[] ids, int at) => string.Join(',', ids.Skip(Math.Max(0, at - 2)).Take(8));

    private static readonly Lazy<string> _folder = new(() => Directory.CreateTempSubdirectory("mtt-audit").FullName);

    /// <summary>A folder with the settings and the unpacked data of a trainer.</summary>
    private static string TrainerFolder(string trainer)
    {
        string golden = Path.Combine(AuditGoldens.Folder, trainer);
        string folder = Path.Combine(_folder.Value, trainer);
        lock (_models)
        {
            if (!Directory.Exists(folder))
            {
                Directory.CreateDirectory(folder);
                foreach (string path in Directory.EnumerateFiles(golden, "data*.gz"))
                {
                    string name = Path.GetFileNameWithoutExtension(path);
                    File.WriteAllLines(Path.Combine(folder, name), AuditGoldens.Lines(path));
                }

                foreach (string path in Directory.EnumerateFiles(golden, "*.json"))
                {
                    File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
                }

                foreach (string path in Directory.EnumerateFiles(Path.Combine(golden, "config")))
                {
                    File.Copy(path, Path.Combine(folder, Path.GetFileName(path)));
                }
            }
        }

        return folder;
    }

    private static (RowModel, string) Model(string name) =>
        _models
            .GetOrAdd(
                name,
                key => new Lazy<(RowModel, string)>(() =>
                {
                    string folder = AuditGoldens.Model(key, _folder.Value);
                    return (RowModel.Load(folder, new RowOptions { Now = AuditGoldens.Made }), folder);
                })
            )
            .Value;
}
