using System.Security.Cryptography;
using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary><c>mtt sessions evidence</c>, <c>verify</c>, <c>top</c>, <c>stats</c>, <c>mark</c> and <c>export --redact</c>, over imported logs.</summary>
public sealed class SessionFigureCommandTests : IDisposable
{
    private const string Mail = "jane.doe@corp-mail.net";
    private readonly TempFolder _folder = new();

    // Commands begin no store.
    public SessionFigureCommandTests() =>
        SqliteSessionStore
            .Open(_folder["sessions.db"], isServer: true)
            .DisposeAsync()
            .AsTask()
            .GetAwaiter()
            .GetResult();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Evidence_OfAStoreAndOfAFile_IsTheSameAndVerifies()
    {
        string id = Import(1, turns: 3)[0];
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP384);
        _folder.Write("key.pem", key.ExportECPrivateKeyPem());
        _folder.Write("public.pem", key.ExportSubjectPublicKeyInfoPem());

        Assert.Contains("constraints held 3 of 3", Run(0, "evidence", id, "--output", "a.jsonl").Error);
        Run(0, "export", "--log", "--output", "log.jsonl");
        Run(0, "evidence", "--from", "log.jsonl", "--output", "b.jsonl");
        Run(0, "evidence", id, "--key", "key.pem", "--output", "signed.jsonl");

        Assert.Equal(File.ReadAllBytes(_folder["a.jsonl"]), File.ReadAllBytes(_folder["b.jsonl"]));
        Assert.Contains("nobody signed it", Run(0, "verify", "a.jsonl").Out);
        Assert.Contains("signed by", Run(0, "verify", "signed.jsonl", "--key", "public.pem").Out);
        string text = File.ReadAllText(_folder["signed.jsonl"]);
        _folder.Write("changed.jsonl", text.Replace("Answer 1", "Answer 9"));
        string problem = Run(1, "verify", "changed.jsonl", "--key", "public.pem").Error;
        Assert.Contains("event 5 (turn_committed)", problem);
        Assert.Contains("nobody signed it", Run(1, "verify", "a.jsonl", "--key", "public.pem").Error);
        Assert.Contains("elliptic-curve", Run(2, "evidence", id, "--key", "log.jsonl", "--output", "x.jsonl").Error);
        Assert.False(File.Exists(_folder["x.jsonl"]));
    }

    [Fact]
    public void Evidence_OfADataSet_VerifiesUntilARowChanges()
    {
        _folder.Write("raw.jsonl", Row("one") + Row("one") + Row("two"));
        Assert.Equal(0, MttProcess.Run(_folder.Path, ["prepare", "raw.jsonl", "--output", "data"]).ExitCode);

        Assert.Contains("2 rows", Run(0, "evidence", "--data", "data", "--output", "e.jsonl").Error);
        Run(0, "verify", "e.jsonl", "--data", "data");
        Assert.Contains("duplicate", File.ReadAllText(_folder["e.jsonl"]));
        string rows = File.ReadAllText(_folder["data/data.jsonl"]);
        File.WriteAllText(_folder["data/data.jsonl"], rows.Replace("two", "2"));
        Assert.Contains("row data.jsonl 2", Run(1, "verify", "e.jsonl", "--data", "data").Error);
        Assert.Contains("is not the file", Run(2, "evidence", "--data", "data", "--output", "f.jsonl").Error);
    }

    [Fact]
    public void Evidence_WithoutASubject_SaysWhatToName()
    {
        string[] ids = Import(2, turns: 1);
        Run(0, "export", "--log", "--output", "log.jsonl");

        Assert.Contains("no session is named", Run(2, "evidence", "--output", "e.jsonl").Error);
        Assert.Contains("several sessions", Run(2, "evidence", "--from", "log.jsonl", "--output", "e.jsonl").Error);
        Run(0, "evidence", ids[1], "--from", "log.jsonl", "--output", "e.jsonl");
        Assert.Contains("is named too", Run(2, "evidence", ids[0], "--data", "d", "--output", "f.jsonl").Error);
        Assert.Contains("holds no data set", Run(2, "evidence", "--data", ".", "--output", "f.jsonl").Error);
    }

    [Fact]
    public void Top_OfManySessions_NamesTheOneFarOut()
    {
        string[] ids = Import(12, turns: 2, i => i == 7 ? 40 : 2);

        MttResult text = Run(0, "top", "--limit", "3");
        Assert.StartsWith(ids[7], text.Out.Split('\n')[1]);
        Assert.EndsWith("!", text.Out.Split('\n')[1].TrimEnd());
        Assert.Contains("3 of 12 sessions", text.Out);
        Run(0, "top", "--by", "turns", "--format", "json", "--output", "top.json");
        JsonNode json = JsonNode.Parse(File.ReadAllText(_folder["top.json"]))!;
        Assert.Equal(
            (ids[7], 40, true),
            ((string?)json["top"]![0]!["id"], (int)json["top"]![0]!["turns"]!, (bool)json["top"]![0]!["far_out"]!)
        );
    }

    [Fact]
    public void Stats_OfTwoHalves_TellsAShiftFromOutliers()
    {
        Import(24, turns: 2, i => i < 12 ? 2 + (i % 3) : 9 + (i % 3));
        string moved = Run(0, "stats").Out;
        Assert.Contains("verdict: all sessions have moved", moved);
        Assert.Contains("still in the prompt", moved);

        string[] ids = Import(24, turns: 2, i => i == 20 ? 60 : 2 + (i % 3));
        JsonNode json = JsonNode.Parse(Run(0, "stats", "--from", "import.jsonl", "--format", "json").Out)!;
        Assert.Equal(
            (24, "outliers", ids[20]),
            ((int)json["all"]!["sessions"]!, (string?)json["verdict"], (string?)json["far_out"]![0])
        );
        Assert.NotNull(json["all"]!["recall"]![0]!["held"]);
    }

    [Fact]
    public void Mark_OfASession_IsCountedOnce()
    {
        string id = Import(1, turns: 1)[0];

        Run(0, "mark", id, "resolved");

        Assert.Contains("outcome: resolved 1", Run(0, "stats").Out);
        Assert.Contains("\"is_first_contact\":true", Run(0, "export", "--log").Out);
        Assert.Contains("small letters", Run(2, "mark", id, "Not That").Error);
    }

    [Fact]
    public void Export_Redacted_HasPlaceholdersAndAListOfWhereTheyStand()
    {
        Import(1, turns: 2, question: $"Write to {Mail}, please.");

        string said = Run(0, "export", "--redact", "--redact-field", "customer", "--output", "chat.jsonl").Error;

        Assert.Contains("email 2, field 1, prompt 2", said);
        string rows = File.ReadAllText(_folder["chat.jsonl"]);
        Assert.DoesNotContain(Mail, rows);
        Assert.DoesNotContain("Jane Doe", rows);
        Assert.Contains("Write to [EMAIL_1], please.", rows);
        Assert.Contains("[CUSTOMER_1]", rows);
        string[] list = File.ReadAllLines(_folder["chat.redacted.jsonl"]);
        Assert.Equal(5, list.Length);
        Assert.DoesNotContain(list, line => line.Contains(Mail) || line.Contains("Jane Doe"));
        Assert.Contains(
            list,
            line => line.Contains("\"path\":\"messages[1].content\",\"start\":9,\"length\":22,\"kind\":\"email\"")
        );
        Assert.Equal(0, MttProcess.Run(_folder.Path, ["validate", "chat.jsonl"]).ExitCode);
        Assert.Contains("would say something else", Run(2, "export", "--redact", "--log").Error);
        Assert.Contains("Give --redact beside it", Run(2, "export", "--redact-field", "x").Error);
    }

    [Fact]
    public void Prepare_Redacted_ReachesRowsRejectsAndEveryShard()
    {
        // What the reasons of a refused row say is met by the shard without it too.
        string[] rows =
        [
            Row("one"),
            Row("two").Replace("\"user\"", "\"zoe@corp-mail.net\""),
            Row($"mail {Mail}"),
            Row($"or {Mail} and other@corp-mail.net"),
            $"{{\"text\":\"{Mail}\"}}\n",
        ];
        _folder.Write("raw.jsonl", string.Concat(rows));
        string[] redact = ["prepare", "raw.jsonl", "--redact", "--output"];

        MttResult whole = MttProcess.Run(_folder.Path, [.. redact, "whole"]);
        Assert.All(
            new[] { "0/2", "1/2" },
            shard => MttProcess.Run(_folder.Path, [.. redact, "parts", "--shard", shard])
        );

        Assert.Contains("redacted: email 3, listed in whole/redacted.jsonl", whole.Error);
        Assert.Contains("or [EMAIL_2] and [EMAIL_3]", File.ReadAllText(_folder["whole/data.jsonl"]));
        Assert.Contains("[EMAIL_1]", File.ReadAllText(_folder["whole/rejects.jsonl"]));
        foreach (string path in Directory.GetFiles(_folder["whole"]).Concat(Directory.GetFiles(_folder["parts"])))
        {
            Assert.DoesNotContain(Mail, File.ReadAllText(path));
            Assert.DoesNotContain("zoe@", File.ReadAllText(path));
        }

        string parts = string.Concat(
            Directory.GetFiles(_folder["parts"], "data*.jsonl").Order().Select(File.ReadAllText)
        );
        Assert.Equal(Sorted(File.ReadAllText(_folder["whole/data.jsonl"])), Sorted(parts));
        JsonNode manifest = JsonNode.Parse(File.ReadAllText(_folder["whole/prepare.manifest.json"]))!;
        Assert.Equal(3, (int)manifest["counts"]!["redacted"]!["email"]!);
    }

    private static string[] Sorted(string lines) => [.. lines.Split('\n').Order(StringComparer.Ordinal)];

    private static string Row(string question) =>
        JsonSerializer.Serialize(
            new
            {
                messages = new[]
                {
                    new { role = "user", content = question },
                    new { role = "assistant", content = "yes" },
                },
            }
        ) + "\n";

    private MttResult Run(int code, params string[] args)
    {
        MttResult result = MttProcess.Run(_folder.Path, ["sessions", .. args, "--store", "sqlite:sessions.db"]);
        Assert.True(result.ExitCode == code, $"exit code {result.ExitCode}: {result.Error}");
        return result;
    }

    /// <summary>Brings sessions into the store, the first the oldest.</summary>
    private string[] Import(
        int sessions,
        int turns,
        Func<int, int>? turnsOf = null,
        string question = "Never use abbreviations. Where is it?"
    )
    {
        List<string> ids = [];
        List<string> lines = [];
        for (int i = 0; i < sessions; i++)
        {
            ids.Add(Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32)));
            DateTimeOffset at = new DateTimeOffset(2026, 3, 1, 12, 0, 0, TimeSpan.Zero).AddMinutes(i);
            int version = 0;
            void Add(string kind, object happened) =>
                lines.Add(
                    JsonSerializer.Serialize(
                        new
                        {
                            session = ids[^1],
                            version = ++version,
                            at,
                            kind,
                            @event = happened,
                        }
                    )
                );
            object system = new { role = "system", content = "Be brief." };
            Add("session_created", new { messages = new[] { system }, metadata = new { customer = "Jane Doe" } });
            for (int turn = 0; turn < (turnsOf?.Invoke(i) ?? turns); turn++)
            {
                string id = Convert.ToHexStringLower(RandomNumberGenerator.GetBytes(32));
                Add("turn_begun", new { turn = id, messages = new[] { new { role = "user", content = question } } });
                object info = new
                {
                    finish_reason = "stop",
                    prompt_tokens = 20,
                    prompt_ids = new[] { 1, 2 },
                };
                object answer = new { role = "assistant", content = $"Answer {turn}." };
                Add(
                    "turn_committed",
                    new
                    {
                        turn = id,
                        answer,
                        info,
                    }
                );
            }
        }

        _folder.Write("import.jsonl", string.Concat(lines.Select(line => line + "\n")));
        Run(0, "import", "import.jsonl");
        return [.. ids];
    }
}
