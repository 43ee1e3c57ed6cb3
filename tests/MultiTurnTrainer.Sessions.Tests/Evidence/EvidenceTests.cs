using System.Security.Cryptography;
using System.Text;
using FsCheck;
using FsCheck.Fluent;
using MultiTurnTrainer.Context.Planning;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Evidence;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using static MultiTurnTrainer.Sessions.Tests.SessionFixture;

namespace MultiTurnTrainer.Sessions.Tests.Evidence;

public sealed class EvidenceTests : IDisposable
{
    private static readonly ContextPolicy _policy = new()
    {
        Window = 300,
        History = new() { Turns = 3, Bite = 1 },
    };
    private readonly TempFolder _folder = new();
    private readonly ECDsa _key = ECDsa.Create(ECCurve.NamedCurves.nistP256);

    public void Dispose()
    {
        _key.Dispose();
        _folder.Dispose();
    }

    [Fact]
    public async Task Write_ASession_SaysWhatEachPromptHeldAndLost()
    {
        (string id, IReadOnlyList<LoggedEvent> events) = await RecordAsync();

        EvidenceCounts counts = Write("e.jsonl", id, events, _key);

        Assert.Equal((0, 8), (counts.NotPlanned, counts.Reproduced + counts.Differing));
        Assert.Equal(0, counts.Differing);
        Assert.True(counts.Constraints >= 8);
        Assert.Equal(counts.Constraints, counts.ConstraintsHeld);
        JsonView[] turns = [.. Entries("e.jsonl").Where(entry => entry.GetString("entry") == "turn")];
        Assert.Equal(8, turns.Length);
        Assert.True(turns[^1].GetProperty("left_out")[0].GetProperty("tokens").GetInt32() > 0);
        Assert.Contains("turn", turns[^1].GetProperty("left_out")[0].GetString("reason"), StringComparison.Ordinal);
        Assert.Contains(
            turns[^1].GetProperty("constraints").EnumerateArray(),
            held => held.GetString("text") == "Never use abbreviations." && held.GetProperty("held").GetBoolean()
        );
        JsonView header = Entries("e.jsonl").First();
        Assert.Equal(PolicyFingerprint.Of(_policy), header.GetProperty("policies")[0].GetString("fingerprint"));
        EvidenceVerdict verdict = EvidenceCheck.Run(_folder["e.jsonl"], _key);
        Assert.Null(verdict.Problem);
        Assert.Equal((events.Count, Fingerprint(_key)), (verdict.Events, verdict.Signer));
    }

    [Fact]
    public async Task Write_FromAnExportedLog_GivesTheSameBytes()
    {
        (string id, IReadOnlyList<LoggedEvent> events) = await RecordAsync();
        using (FileStream log = File.Create(_folder["log.jsonl"]))
        {
            LogFile.Write(log, id, events);
        }

        (string again, IReadOnlyList<LoggedEvent> read) = Assert.Single(LogFile.Read(_folder["log.jsonl"]));
        Write("store.jsonl", id, events, null);
        Write("file.jsonl", again, read, null);

        Assert.Equal(File.ReadAllBytes(_folder["store.jsonl"]), File.ReadAllBytes(_folder["file.jsonl"]));
        Assert.Null(EvidenceCheck.Run(_folder["file.jsonl"], null).Signer);
        Assert.Contains("nobody signed it", Check("file.jsonl", _key), StringComparison.Ordinal);
    }

    /// <summary>Whatever byte is changed, it does not fit, from the line on that has it.</summary>
    [Fact]
    public async Task Run_AnyChangedByte_NamesItsLine()
    {
        (string id, IReadOnlyList<LoggedEvent> events) = await RecordAsync();
        Write("e.jsonl", id, events, _key);
        byte[] whole = File.ReadAllBytes(_folder["e.jsonl"]);
        Prop.ForAll(
                Arb.From(Gen.Choose(0, whole.Length - 1)),
                Arb.From(Gen.Choose(1, 255)),
                (at, by) =>
                {
                    byte[] changed = [.. whole];
                    changed[at] ^= (byte)by;
                    int line = whole.AsSpan(0, at).Count((byte)'\n') + 1;
                    Assert.StartsWith($"line {line}:", Check(changed), StringComparison.Ordinal);
                }
            )
            .Check(Config.QuickThrowOnFailure.WithMaxTest(400));
    }

    [Fact]
    public async Task Run_LinesGoneMovedOrAdded_NamesTheFirstEventThatDoesNotFit()
    {
        (string id, IReadOnlyList<LoggedEvent> events) = await RecordAsync();
        Write("e.jsonl", id, events, _key);
        string[] lines = File.ReadAllLines(_folder["e.jsonl"]);
        int[] eventLines = [.. Enumerable.Range(0, lines.Length).Where(i => lines[i].Contains("\"entry\":\"event\""))];
        for (int i = 0; i + 1 < eventLines.Length; i++)
        {
            int line = eventLines[i];
            string gone = Check(Without(lines, line));
            Assert.StartsWith($"line {line + 1}: ", gone, StringComparison.Ordinal);
            if (eventLines[i + 1] == line + 1)
            {
                Assert.Contains($"event {i + 2} ", gone, StringComparison.Ordinal);
                Assert.Contains($"where event {i + 1} comes next", gone, StringComparison.Ordinal);
            }

            string[] swapped = [.. lines];
            (swapped[line], swapped[eventLines[i + 1]]) = (swapped[eventLines[i + 1]], swapped[line]);
            Assert.StartsWith($"line {line + 1}: event {i + 2} ", Check(Joined(swapped)), StringComparison.Ordinal);
            string[] twice = [.. lines[..(line + 1)], .. lines[line..]];
            Assert.StartsWith($"line {line + 2}: event {i + 1} ", Check(Joined(twice)), StringComparison.Ordinal);
            Assert.StartsWith(
                $"line {line + 1}: the seal is missing",
                Check(Joined(lines[..line])),
                StringComparison.Ordinal
            );
        }

        Assert.Contains("behind the seal", Check(Joined([.. lines, lines[^1]])), StringComparison.Ordinal);
        Assert.Contains("is cut off", Check(File.ReadAllBytes(_folder["e.jsonl"])[..^1]), StringComparison.Ordinal);
    }

    /// <summary>Somebody who makes new hashes for changed events has no key to sign them with, and no log that adds up.</summary>
    [Fact]
    public async Task Run_AChainMadeAnew_FailsAtTheSignatureOrAtTheStory()
    {
        (string id, IReadOnlyList<LoggedEvent> events) = await RecordAsync();
        using ECDsa other = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        Write("other.jsonl", id, events, other);
        Assert.Contains("another key signed it", Check("other.jsonl", _key), StringComparison.Ordinal);

        JsonFields[] entries = [.. EntriesOf(id, events).Select(entry => new JsonFields(entry))];
        int second = Array.FindIndex(entries, entry => entry["entry"]!.ToString() == "event") + 1;
        Assert.Contains(
            "event 3",
            Remade([.. entries[..second], .. entries[(second + 1)..]]),
            StringComparison.Ordinal
        );
        int last = Array.FindLastIndex(entries, entry => entry["entry"]!.ToString() == "turn");
        Assert.Contains(
            "has no place here",
            Remade([.. entries[..last], .. entries[(last + 1)..]]),
            StringComparison.Ordinal
        );
        Assert.Equal("the sums are missing", Remade(entries[..^1]));
        Assert.Contains("has no place here", Remade([.. entries, entries[^1]]), StringComparison.Ordinal);
        Assert.Contains("nothing before the seal", Remade([]), StringComparison.Ordinal);
        entries[last]["constraints"] = Array.Empty<JsonFields>();
        Assert.Contains("the sum of constraints ", Remade(entries), StringComparison.Ordinal);
        entries[last]["turn"] = "another";
        Assert.Contains("what is said of a turn", Remade(entries), StringComparison.Ordinal);
    }

    [Fact]
    public async Task Run_OfASessionWithADataSet_SaysThatNothingCanBeCompared()
    {
        (string id, IReadOnlyList<LoggedEvent> events) = await RecordAsync();
        Write("e.jsonl", id, events, _key);

        string problem = EvidenceCheck.Run(_folder["e.jsonl"], _key, _folder.Path).Problem!;

        Assert.Contains("no data set can be compared", problem, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("")]
    [InlineData("{}\n")]
    [InlineData("{\"seal\":{}}\n")]
    [InlineData("{\"seal\":7}\n")]
    [InlineData("\n\n")]
    public void Run_OtherFiles_DoNotFit(string text) => Assert.NotNull(Check(Encoding.UTF8.GetBytes(text)));

    [Fact]
    public void ReadPrivate_OtherFiles_AreRefused()
    {
        _folder.Write("no.pem", "no key");
        _folder.Write("public.pem", _key.ExportSubjectPublicKeyInfoPem());
        using RSA rsa = RSA.Create(2048);
        _folder.Write("rsa.pem", rsa.ExportPkcs8PrivateKeyPem());

        Assert.Throws<MttException>(() => EvidenceKeys.ReadPrivate(_folder["no.pem"]));
        Assert.Throws<MttException>(() => EvidenceKeys.ReadPrivate(_folder["public.pem"]));
        Assert.Throws<MttException>(() => EvidenceKeys.Read(_folder["rsa.pem"]));
        using ECDsa read = EvidenceKeys.Read(_folder["public.pem"]);
        Assert.Equal(Fingerprint(_key), Fingerprint(read));
    }

    [Fact]
    public void Write_ADataSet_ListsRowsAndWhatWasLeftOut()
    {
        const string row = """{"messages":[{"role":"user","content":"one"},{"role":"assistant","content":"1"}]}""";
        _folder.Write("data/data.jsonl", row + "\n" + row.Replace("one", "two") + "\n");
        _folder.Write("data/left-out.jsonl", """{"file":"a","line":2,"reason":"duplicate","of":"a:1"}""" + "\n");
        string hash = ContentHash.OfFile(_folder["data/data.jsonl"]);
        _folder.Write(
            "data/prepare.manifest.json",
            $$$$"""{"tool":"mtt","command":"prepare","outputs":{"data.jsonl":{"sha256":"{{{{hash}}}}","bytes":1}}}"""
        );
        using (FileStream output = File.Create(_folder["e.jsonl"]))
        {
            EvidenceFile file = new(output);
            Assert.Equal(2, DatasetEvidence.Write(file, _folder["data"]));
            file.Seal(_key);
        }

        Assert.Equal(
            ["dataset", "row", "row", "left_out"],
            Entries("e.jsonl").Select(entry => entry.GetString("entry"))
        );
        Assert.Null(EvidenceCheck.Run(_folder["e.jsonl"], _key, _folder["data"]).Problem);
        _folder.Write("data/data.jsonl", row + "\n" + row.Replace("one", "three") + "\n");
        string problem = EvidenceCheck.Run(_folder["e.jsonl"], _key, _folder["data"]).Problem!;
        Assert.Equal("line 3: row data.jsonl 2 is not what stands in the data set", problem);
        _folder.Write("data/data.jsonl", row + "\n" + row.Replace("one", "two") + "\n" + row + "\n");
        Assert.Contains("does not know", EvidenceCheck.Run(_folder["e.jsonl"], _key, _folder["data"]).Problem!);
    }

    private static string Fingerprint(ECDsa key) => ContentHash.Of(key.ExportSubjectPublicKeyInfo());

    private static async Task<(string Id, IReadOnlyList<LoggedEvent> Events)> RecordAsync()
    {
        SessionFixture sessions = new();
        SessionState state = await sessions.Service.CreateAsync(
            Tenant,
            new SessionCreated([Message("system", "Be brief.")], Policy: PolicyStamp.Of(_policy), Model: "small")
        );
        TurnPrompts prompts = new(Open);
        string[] questions = ["Hello. Never use abbreviations.", "Where is order 12?", "And order 13?", "Why so late?"];
        for (int i = 0; i < 8; i++)
        {
            SessionTurn turn = await sessions.BeginAsync(state.Id, $"{questions[i % 4]} {new string('x', i * 20)}");
            state = await sessions.LoadAsync(state.Id);
            string hash = ContentHash.Of(prompts.Of(state, turn).Json.RawUtf8);
            CommitInfo info = new()
            {
                Model = "small",
                PromptTokens = 0,
                CompletionTokens = 5,
                PromptHash = hash,
            };
            await sessions.CommitAsync(state.Id, turn.Id, $"Answer {i}.", info);
        }

        await sessions.BeginAsync(state.Id, "One more?");
        return (state.Id, await sessions.Log.EventsAsync(Key(state.Id)));
    }

    private static PolicyModel Open(ContextPolicy policy) => new(policy, static () => new ByteTokenCounter(), null);

    private EvidenceCounts Write(string name, string id, IReadOnlyList<LoggedEvent> events, ECDsa? key)
    {
        using FileStream output = File.Create(_folder[name]);
        EvidenceFile file = new(output);
        SessionEvidence evidence = new(file, new TurnPrompts(Open));
        evidence.Write(id, events, []);
        file.Seal(key);
        return evidence.Counts;
    }

    private IEnumerable<JsonView> EntriesOf(string id, IReadOnlyList<LoggedEvent> events)
    {
        Write("plain.jsonl", id, events, null);
        return Entries("plain.jsonl");
    }

    private IEnumerable<JsonView> Entries(string name) =>
        File.ReadLines(_folder[name])
            .Where(line => line.StartsWith("{\"hash\"", StringComparison.Ordinal))
            .Select(line => JsonView.Parse(line).GetProperty("entry"));

    private string Remade(IEnumerable<JsonFields> entries)
    {
        using (FileStream output = File.Create(_folder["remade.jsonl"]))
        {
            EvidenceFile file = new(output);
            foreach (JsonFields entry in entries)
            {
                file.Add(entry);
            }

            file.Seal(null);
        }

        return EvidenceCheck.Run(_folder["remade.jsonl"], null).Problem!;
    }

    private static byte[] Without(string[] lines, int line) => Joined([.. lines[..line], .. lines[(line + 1)..]]);

    private static byte[] Joined(IEnumerable<string> lines) =>
        Encoding.UTF8.GetBytes(string.Concat(lines.Select(line => line + "\n")));

    private string Check(string name, ECDsa? key) => EvidenceCheck.Run(_folder[name], key).Problem!;

    private string Check(byte[] bytes)
    {
        File.WriteAllBytes(_folder["changed.jsonl"], bytes);
        return EvidenceCheck.Run(_folder["changed.jsonl"], _key).Problem!;
    }
}
