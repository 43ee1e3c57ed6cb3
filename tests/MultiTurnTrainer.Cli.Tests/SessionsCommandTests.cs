using System.Text.Json;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Sessions;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Turns;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Cli.Tests;

public sealed class SessionsCommandTests : IDisposable
{
    private const string Tenant = "local";
    private readonly TempFolder _folder = new();

    public SessionsCommandTests() => PresetModel.Write(_folder);

    public void Dispose() => _folder.Dispose();

    [Fact]
    public async Task Export_OfServedSessions_IsValidAndTheIdsOfParity()
    {
        string id = await RecordAsync();
        _folder.Write("mine.yaml", "context: {persona: {text: You are Bell.}}\n");

        Assert.Contains(id, Run(0, "list").Out, StringComparison.Ordinal);
        Assert.Contains("Never use abbreviations", Run(0, "show", id).Out, StringComparison.Ordinal);
        Assert.Contains("ids equal at 2/2 calls", Replay(0, id, "support").Error, StringComparison.Ordinal);
        Assert.Contains("ids equal at 0/2 calls", Replay(1, id, "mine.yaml").Error, StringComparison.Ordinal);
        Run(0, "export", "--output", "chat.jsonl");
        Assert.Equal(0, MttProcess.Run(_folder.Path, ["validate", "chat.jsonl"]).ExitCode);
        string[] clean = ["clean", "chat.jsonl", "--output", "clean.jsonl"];
        Assert.Equal(0, MttProcess.Run(_folder.Path, clean).ExitCode);
        string[] parity = ["parity", "chat.jsonl", "--policy", "support", "--model", "model"];
        MttResult compared = MttProcess.Run(_folder.Path, parity);
        Assert.Contains("ids equal at 2/2 calls", compared.Error, StringComparison.Ordinal);
        using JsonDocument row = JsonDocument.Parse(File.ReadAllText(_folder["chat.jsonl"]));
        Assert.Equal(
            PolicyFingerprint.Of(PolicyPresets.Find("support")!),
            row.RootElement.GetProperty("metadata").GetProperty("policy").GetString()
        );
    }

    [Fact]
    public async Task Delete_OfASession_LeavesNoWordInTheStore()
    {
        string id = await RecordAsync();
        Run(0, "export", "--log", "--output", "log.jsonl");
        Run(0, "backup", "--output", "copy.db");
        Run(0, "delete", id);

        string[] files = Directory.GetFiles(_folder.Path, "sessions.db*");
        Assert.DoesNotContain(files, path => File.ReadAllBytes(path).AsSpan().IndexOf("abbreviations"u8) >= 0);
        Assert.Contains($"there is no session or turn {id}", Run(2, "show", id).Error, StringComparison.Ordinal);
        Assert.Contains("1 left out", Run(1, "import", "log.jsonl").Error, StringComparison.Ordinal);
        string[] elsewhere = ["--store", "sqlite:new.db"];
        Assert.Equal(0, MttProcess.Run(_folder.Path, ["sessions", "import", "log.jsonl", .. elsewhere]).ExitCode);
        string[] again = ["sessions", "export", "--log", "--output", "again.jsonl", .. elsewhere];
        Assert.Equal(0, MttProcess.Run(_folder.Path, again).ExitCode);
        Assert.Equal(File.ReadAllBytes(_folder["log.jsonl"]), File.ReadAllBytes(_folder["again.jsonl"]));
        string[] restored = ["sessions", "show", id, "--store", "sqlite:copy.db"];
        Assert.Equal(0, MttProcess.Run(_folder.Path, restored).ExitCode);
    }

    [Fact]
    public async Task Migrate_ThroughPostgres_ExportsTheSameBytes()
    {
        string id = await RecordAsync();
        using PostgresServer server = PostgresServer.Start();
        string[] postgres = ["--store", server.NewDatabase()];
        Run(0, "export", "--log", "--output", "before.jsonl");

        Assert.Contains("1 session copied", Run(0, "migrate", "--to", postgres[1]).Error, StringComparison.Ordinal);
        Assert.Contains("1 there already", Run(0, "migrate", "--to", postgres[1]).Error, StringComparison.Ordinal);
        string[][] there =
        [
            ["sessions", "export", "--log", "--output", "there.jsonl", .. postgres],
            ["sessions", "migrate", "--to", "sqlite:back.db", .. postgres],
            ["sessions", "export", "--log", "--output", "back.jsonl", "--store", "sqlite:back.db"],
            ["sessions", "delete", id, .. postgres],
        ];
        Assert.All(there, args => Assert.Equal(0, MttProcess.Run(_folder.Path, args).ExitCode));
        Assert.Equal(File.ReadAllBytes(_folder["before.jsonl"]), File.ReadAllBytes(_folder["there.jsonl"]));
        Assert.Equal(File.ReadAllBytes(_folder["before.jsonl"]), File.ReadAllBytes(_folder["back.jsonl"]));
        MttResult import = MttProcess.Run(_folder.Path, ["sessions", "import", "before.jsonl", .. postgres]);
        Assert.Equal(1, import.ExitCode);
        Assert.Contains(id, Run(1, "migrate", "--to", postgres[1]).Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fork_AtAVersion_IsAnotherSessionThatGcErases()
    {
        string id = await RecordAsync();

        string fork = Run(0, "fork", id, "--at", "3").Out.Trim();

        Assert.Matches("^[0-9a-f]{64}$", fork);
        Assert.DoesNotContain("And the other one?", Run(0, "show", fork).Out, StringComparison.Ordinal);
        Assert.Contains("And the other one?", Run(0, "show", id).Out, StringComparison.Ordinal);
        Assert.Contains("2 sessions", Run(0, "list").Error, StringComparison.Ordinal);
        Assert.Contains("0 sessions erased", Run(0, "gc", "--older-than", "1").Error, StringComparison.Ordinal);
        Assert.Contains("2 sessions erased", Run(0, "gc", "--older-than", "0").Error, StringComparison.Ordinal);
        Assert.Contains("0 sessions", Run(0, "list").Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Export_OfARegeneratedAnswer_IsAPair()
    {
        string id = await RecordAsync();
        await using (ISessionStore store = SqliteSessionStore.Open(_folder["sessions.db"], isServer: true))
        {
            SessionLog log = new(store, TimeProvider.System);
            SessionTurns turns = new(log, SessionBudget.None);
            string last = (await log.LoadAsync(new SessionKey(Tenant, id))).Turns[^1].Id;
            TurnStart start = await turns.RegenerateAsync(new SessionKey(Tenant, id), last);
            JsonView answer = Message("assistant", "It comes tomorrow.");
            await turns.CommitAsync(new SessionKey(Tenant, id), start.Turn.Id, answer, new CommitInfo());
        }

        Run(0, "export", id, "--pairs", "--output", "pairs.jsonl");

        using JsonDocument pair = JsonDocument.Parse(Assert.Single(File.ReadAllLines(_folder["pairs.jsonl"])));
        Assert.Equal("It comes tomorrow.", Content(pair, "chosen"));
        Assert.Equal("It is on its way.", Content(pair, "rejected"));
    }

    [Fact]
    public void Key_OfATenant_IsShownOnceBesideItsHash()
    {
        MttResult result = MttProcess.Run(_folder.Path, ["sessions", "key", "--tenant", "acme"]);

        Assert.Equal(0, result.ExitCode);
        string key = result.Out.Trim();
        Assert.StartsWith("mtt-", key, StringComparison.Ordinal);
        Assert.Contains("acme: [", result.Error, StringComparison.Ordinal);
        Assert.DoesNotContain(key, result.Error, StringComparison.Ordinal);
    }

    private static string? Content(JsonDocument pair, string side) =>
        pair.RootElement.GetProperty(side)[0].GetProperty("content").GetString();

    [Theory]
    [InlineData("there is no store", "list")]
    [InlineData("there is no session", "show", "../../etc/passwd")]
    [InlineData("there is no version 99", "replay", "ID", "--at", "99")]
    [InlineData("there is no version 99", "fork", "ID", "--at", "99")]
    [InlineData("log.jsonl:1:", "import", "log.jsonl")]
    [InlineData("nothing is named", "delete")]
    public async Task Run_OnWhatIsNotThere_SaysSo(string message, params string[] args)
    {
        string id = message.Contains("store", StringComparison.Ordinal) ? "" : await RecordAsync();
        _folder.Write("log.jsonl", """{"session":"x","version":1}""");

        MttResult result = Run(2, [.. args.Select(arg => arg == "ID" ? id : arg)]);
        Assert.Contains(message, result.Error, StringComparison.Ordinal);
    }

    private MttResult Replay(int code, string id, string policy) =>
        Run(code, "replay", id, "--model", "model", "--policy", policy);

    private MttResult Run(int code, params string[] args)
    {
        MttResult result = MttProcess.Run(_folder.Path, ["sessions", .. args, "--store", "sqlite:sessions.db"]);
        Assert.True(result.ExitCode == code, $"exit code {result.ExitCode}: {result.Error}");
        return result;
    }

    /// <summary>A session as a server would have recorded it with the local model.</summary>
    private async Task<string> RecordAsync()
    {
        PolicyModel model = new(PolicyPresets.Find("support")!, RowModel.Load(_folder["model"], new RowOptions()));
        await using ISessionStore store = SqliteSessionStore.Open(_folder["sessions.db"], isServer: true);
        SessionLog log = new(store, TimeProvider.System);
        SessionTurns turns = new(log, SessionBudget.None);
        SessionState state = await new SessionService(log).CreateAsync(
            Tenant,
            new SessionCreated([Message("system", "Be brief.")], Policy: PolicyStamp.Of(model.Policy))
        );
        foreach (string question in (string[])["Where is my order? Never use abbreviations.", "And the other one?"])
        {
            TurnRequest request = new() { Messages = [Message("user", question)] };
            TurnStart start = await turns.BeginAsync(state.Key, request);
            SessionState asked = start.State with { Messages = [.. start.State.Before(start.Turn)] };
            ContextAssembler assembler = new(model, Conversation.FromJson(SessionRow.Of(asked)));
            foreach (Message message in Conversation.FromJson(SessionRow.Of(asked)).Messages)
            {
                assembler.Append(message);
            }

            state = await turns.CommitAsync(
                state.Key,
                start.Turn.Id,
                Message("assistant", "It is on its way."),
                new CommitInfo { PromptIds = assembler.Ids() }
            );
        }

        return state.Id;
    }

    private static JsonView Message(string role, string content) =>
        JsonText.ToView(new Dictionary<string, string> { ["role"] = role, ["content"] = content });
}
