using System.Text.Json.Nodes;
using MultiTurnTrainer.Audit.Comparing;
using MultiTurnTrainer.Audit.Locks;
using MultiTurnTrainer.Audit.Reports;
using MultiTurnTrainer.Audit.Trainers;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;

namespace MultiTurnTrainer.Audit.Tests;

/// <summary>Rows with one known fault each, made from mtt's own right ones with a small model.</summary>
public sealed class AuditJobTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("mtt-audit-job").FullName;
    private readonly RowOptions _options = new() { Now = AuditGoldens.Made, Threads = 2 };

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    private static string Model =>
        Path.Combine(Repository.Root, "src", "MultiTurnTrainer.Cli", "Presets", "tiny", "model");

    private static string Chat => Path.Combine(Repository.Root, "datasets", "chat", "chat.jsonl");

    /// <summary>mtt's own rows of the first conversations, as JSON to be spoiled.</summary>
    private List<JsonObject> OwnRows(int count = 12)
    {
        string data = Data(count);
        string path = Path.Combine(_folder, "own.jsonl");
        AuditJob job = new()
        {
            Config = Config(),
            Trainer = TrainerKind.Trl,
            Data = [data],
            Model = Model,
            Write = path,
            Force = true,
        };
        job.Execute(_options);
        return [.. File.ReadLines(path).Select(line => JsonNode.Parse(line)!.AsObject())];
    }

    private string Data(int count)
    {
        string path = Path.Combine(_folder, "data.jsonl");
        File.WriteAllLines(path, File.ReadLines(Chat).Take(count));
        return path;
    }

    private string Config()
    {
        string path = Path.Combine(_folder, "trl.json");
        File.WriteAllText(path, """{"completion_only_loss": false, "max_length": null}""");
        return path;
    }

    private AuditReport Audit(IEnumerable<JsonObject> rows, params string[] allowed)
    {
        string path = Path.Combine(_folder, "rows.jsonl");
        File.WriteAllLines(path, rows.Select(row => row.ToJsonString()));
        AuditJob job = new()
        {
            Rows = [path],
            Data = [Path.Combine(_folder, "data.jsonl")],
            Model = Model,
            Allowed = allowed,
        };
        return job.Execute(_options);
    }

    private static string[] Names(AuditReport report) => [.. report.Found.Select(cause => cause.Key.Name)];

    private static int[] Ints(JsonObject row, string name) =>
        [.. row[name]!.AsArray().Select(value => value!.GetValue<int>())];

    private static void Set(JsonObject row, string name, IEnumerable<int> values) =>
        row[name] = new JsonArray([.. values.Select(value => JsonValue.Create(value))]);

    [Fact]
    public void Rows_OwnOnes_HaveNothingWrong()
    {
        AuditReport report = Audit(OwnRows());

        Assert.Empty(Names(report));
        Assert.Equal(12, report.Counts.RightRows);
        Assert.Equal(report.Counts.Supervised, report.Counts.Right);
        Assert.True(report.Counts.Right > 100);
    }

    [Fact]
    public void Rows_StopTokenNotSupervised_IsLost()
    {
        List<JsonObject> rows = OwnRows();
        int[] labels = Ints(rows[0], "labels");
        labels[Array.FindLastIndex(labels, label => label >= 0)] = -100;
        Set(rows[0], "labels", labels);

        AuditReport report = Audit(rows);

        Assert.Equal(["lost/stop-token"], Names(report));
        Assert.Equal(1, report.Counts.Causes.Single().Value.Tokens);
        Assert.Equal(1, report.Counts.Causes.Single().Value.Answers);
    }

    [Fact]
    public void Rows_EverythingSupervised_LeaksByOrigin()
    {
        List<JsonObject> rows = OwnRows();
        Set(rows[3], "labels", Ints(rows[3], "input_ids"));

        string[] names = Names(Audit(rows));

        Assert.Contains("leaked/user", names);
        Assert.Contains("leaked/header", names);
        Assert.DoesNotContain(names, name => !name.StartsWith("leaked/", StringComparison.Ordinal));
    }

    [Fact]
    public void Rows_InsertedTokens_AreAnotherPrompt()
    {
        List<JsonObject> rows = OwnRows();
        int[] ids = Ints(rows[1], "input_ids");
        int[] labels = Ints(rows[1], "labels");
        Set(rows[1], "input_ids", [.. ids[..3], ids[5], ids[6], ids[5], .. ids[3..]]);
        Set(rows[1], "labels", [.. labels[..3], -100, -100, -100, .. labels[3..]]);

        AuditReport report = Audit(rows);

        Assert.All(Names(report), name => Assert.StartsWith("prompt/", name, StringComparison.Ordinal));
        Assert.Contains("is inserted", report.Found.First().Value.Examples[0].Detail, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_CutAtTheEnd_SayWhatIsLost()
    {
        List<JsonObject> rows = OwnRows();
        int[] labels = Ints(rows[2], "labels");
        int keep = Array.FindLastIndex(labels, label => label >= 0) - 1;
        Set(rows[2], "input_ids", Ints(rows[2], "input_ids")[..keep]);
        Set(rows[2], "labels", labels[..keep]);

        Assert.Equal(["lost/cut", "lost/stop-token", "prompt/cut"], Names(Audit(rows)).Order(StringComparer.Ordinal));
    }

    [Fact]
    public void Rows_WithoutIdsAndShuffled_FindTheirConversations()
    {
        List<JsonObject> rows = OwnRows(60);
        rows.Reverse();
        rows.ForEach(row => row.Remove("id"));

        AuditReport report = Audit(rows);

        Assert.Empty(Names(report));
        Assert.Equal(60, report.Counts.RightRows);
    }

    [Fact]
    public void Rows_MissingAndForeignOnes_AreListed()
    {
        List<JsonObject> rows = OwnRows();
        rows[0]["id"] = "nobody's";
        rows.RemoveAt(5);

        AuditReport report = Audit(rows);

        Assert.Equal(["unmatched/conversation", "unmatched/row"], Names(report).Order(StringComparer.Ordinal));
        Assert.Equal(2, report.Counts.Causes.Single(cause => cause.Key.Code == "conversation").Value.Rows);
    }

    [Fact]
    public void Rows_AllowedKind_IsNotFound()
    {
        List<JsonObject> rows = OwnRows();
        Set(rows[3], "labels", Ints(rows[3], "input_ids"));

        Assert.False(Audit(rows, "leaked").HasFindings);
        Assert.True(Audit(rows, "leaked/user").HasFindings);
        MttException problem = Assert.Throws<MttException>(() => Audit(rows, "leakage"));
        Assert.Contains("neither a kind nor a cause", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_ShiftedLabels_AreRefusedWithTheirPlace()
    {
        List<JsonObject> rows = OwnRows();
        foreach (JsonObject row in rows)
        {
            Set(row, "labels", [.. Ints(row, "labels")[1..], -100]);
        }

        MttException problem = Assert.Throws<MttException>(() => Audit(rows));
        Assert.Contains("rows.jsonl:1: its labels are shifted", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_OfAnotherTokenizer_AreRefused()
    {
        List<JsonObject> rows = OwnRows();
        foreach (JsonObject row in rows)
        {
            int[] ids = [.. Ints(row, "input_ids").Select((_, i) => (i * 7) % 211)];
            Set(row, "input_ids", ids);
            Set(row, "labels", ids);
        }

        MttException problem = Assert.Throws<MttException>(() => Audit(rows));
        Assert.Contains("another tokenizer's", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(TrainerKind.Trl)]
    [InlineData(TrainerKind.LlamaFactory)]
    [InlineData(TrainerKind.Swift)]
    [InlineData(TrainerKind.Axolotl)]
    public void Write_ForATrainer_ReadsBackWithoutFault(TrainerKind kind)
    {
        OwnRows();
        string rows = Path.Combine(_folder, "rows.jsonl");
        File.Copy(Path.Combine(_folder, "own.jsonl"), rows);
        string corrected = Path.Combine(_folder, "corrected");
        string data = Path.Combine(_folder, "data.jsonl");
        AuditJob job = new()
        {
            Rows = [rows],
            Data = [data],
            Model = Model,
            Trainer = kind,
            Write = corrected,
        };
        job.Execute(_options);

        AuditReport again = new AuditJob
        {
            Rows = [corrected],
            Data = [data],
            Model = Model,
        }.Execute(_options);

        Assert.Equal(12, job.CorrectedCount);
        Assert.False(again.HasFindings);
        Assert.Equal(12, again.Counts.RightRows);
        Assert.Contains(corrected, job.CorrectedSettings, StringComparison.Ordinal);
    }

    [Fact]
    public void Rows_ArrowFileCutOff_IsRefused()
    {
        OwnRows();
        string rows = Path.Combine(_folder, "rows.jsonl");
        File.Copy(Path.Combine(_folder, "own.jsonl"), rows);
        string corrected = Path.Combine(_folder, "corrected");
        string data = Path.Combine(_folder, "data.jsonl");
        new AuditJob
        {
            Rows = [rows],
            Data = [data],
            Model = Model,
            Write = corrected,
        }.Execute(_options);
        string file = Directory.EnumerateFiles(corrected, "*.arrow").Single();
        File.WriteAllBytes(file, File.ReadAllBytes(file)[..^200]);
        AuditJob cut = new()
        {
            Rows = [corrected],
            Data = [data],
            Model = Model,
        };

        MttException problem = Assert.Throws<MttException>(() => cut.Execute(_options));
        Assert.Contains("is cut off", problem.Message, StringComparison.Ordinal);
        File.Delete(file);
        problem = Assert.Throws<MttException>(() => cut.Execute(_options));
        Assert.Contains("there is no such file, though", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Report_Formats_NameEveryCause()
    {
        List<JsonObject> rows = OwnRows();
        Set(rows[3], "labels", Ints(rows[3], "input_ids"));
        AuditReport report = Audit(rows);

        JsonObject json = JsonNode.Parse(report.ToJson())!.AsObject();
        JsonObject sarif = JsonNode.Parse(report.ToSarif())!.AsObject();
        string page = AuditPage.Of(report);

        Assert.Equal(report.Counts.Right, json["summary"]!["right_tokens"]!.GetValue<long>());
        Assert.Equal(Names(report).Length, json["causes"]!.AsArray().Count);
        JsonNode run = sarif["runs"]![0]!;
        Assert.Equal(
            Names(report),
            run["tool"]!["driver"]!["rules"]!.AsArray().Select(rule => rule!["id"]!.GetValue<string>())
        );
        Assert.Equal(
            4,
            run["results"]![0]!["locations"]![0]!["physicalLocation"]!["region"]!["startLine"]!.GetValue<int>()
        );
        Assert.All(Names(report), name => Assert.Contains(name, page, StringComparison.Ordinal));
    }

    [Fact]
    public void Lock_OfTheSameData_HoldsInAnyOrder()
    {
        string data = Data(30);
        string path = Path.Combine(_folder, "masks.lock");
        MaskLock.Of([data], Model, _options).Write(path);
        string turned = Path.Combine(_folder, "turned.jsonl");
        File.WriteAllLines(turned, File.ReadLines(data).Reverse());

        Assert.False(MaskLock.Compare(path, [turned], Model, _options, []).HasFindings);
        Assert.True(new FileInfo(path).Length < 300 + (30 * 40));
        Assert.Equal(
            ["lock/moved"],
            Names(MaskLock.Compare(path, [data], Model, _options with { LastOnly = true }, ["lock/fingerprint"]))
        );
    }

    [Fact]
    public void Lock_MergedFromTwo_KnowsBothParts()
    {
        string[] lines = [.. File.ReadLines(Chat).Take(20)];
        string[] locks = [Path.Combine(_folder, "a.lock"), Path.Combine(_folder, "b.lock")];
        for (int i = 0; i < 2; i++)
        {
            string part = Path.Combine(_folder, $"part{i}.jsonl");
            File.WriteAllLines(part, lines[(10 * i)..(10 * (i + 1))]);
            MaskLock.Of([part], Model, _options).Write(locks[i]);
        }

        string merged = Path.Combine(_folder, "merged.lock");
        File.WriteAllLines(merged, File.ReadLines(locks[0]).Concat(File.ReadLines(locks[1]).Skip(1)));

        Assert.False(MaskLock.Compare(merged, [Data(20)], Model, _options, []).HasFindings);
        Assert.Equal(["lock/new"], Names(MaskLock.Compare(merged, [Data(21)], Model, _options, [])));
        Assert.Equal(["lock/gone"], Names(MaskLock.Compare(merged, [Data(19)], Model, _options, [])));
    }
}
