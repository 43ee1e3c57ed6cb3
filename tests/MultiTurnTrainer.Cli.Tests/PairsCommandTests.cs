using System.Text.Json;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary><c>mtt pairs</c>: which answers are compared, and what gives no pair.</summary>
public class PairsCommandTests
{
    private const string Header = """{"kind":"mtt review 1","tool":"0","settings":{},"prompts":{},"seeds":[]}""";
    private const string Refined =
        """{"seed":{"index":3,"question":"First?","system":"Be brief."},"outcome":"complete","rounds":[{"question":"First?","drafts":[{"answer":"good","reviews":[],"decision":"accept"}]},{"question":"Second?","drafts":[{"answer":"bad","reviews":[],"decision":"revise","instruction":"Be right."},{"answer":"worse","reviews":[],"decision":"revise"},{"answer":"right","reviews":[],"decision":"accept"}]},{"question":"Third?","drafts":[{"answer":"no","reviews":[],"decision":"revise"}]}],"calls":[]}""";
    private const string Report = """
        {
          "name": "model",
          "seed": 0,
          "results": [],
          "dialogues": [
            {"task_id": "a", "conv_type": "full", "run": 0, "is_correct": true, "is_correct_last": true, "attempts": 1, "tokens": 5, "copied_share": 0, "contradicted": false, "trace": [{"role": "user", "content": "All of it."}, {"role": "assistant", "content": "42"}]},
            {"task_id": "a", "conv_type": "sharded", "run": 0, "is_correct": false, "is_correct_last": false, "attempts": 1, "tokens": 5, "copied_share": 0, "contradicted": false, "trace": [{"role": "user", "content": "Some."}, {"role": "assistant", "content": "What else?"}, {"role": "user", "content": "The rest."}, {"role": "assistant", "content": "41"}]},
            {"task_id": "a", "conv_type": "sharded", "run": 1, "is_correct": true, "is_correct_last": true, "attempts": 1, "tokens": 5, "copied_share": 0, "contradicted": false, "trace": [{"role": "user", "content": "Some."}, {"role": "assistant", "content": "Go on."}, {"role": "user", "content": "The rest."}, {"role": "assistant", "content": "42"}]},
            {"task_id": "b", "conv_type": "sharded", "run": 0, "is_correct": false, "is_correct_last": false, "attempts": 1, "tokens": 5, "copied_share": 0, "contradicted": false, "trace": [{"role": "user", "content": "Some."}, {"role": "assistant", "content": "7"}]}
          ]
        }
        """;

    private const string Log = """
        {"session":"5555555555555555555555555555555555555555555555555555555555555555","version":1,"at":"2026-03-01T12:00:00.0000000Z","kind":"session_created","event":{"messages":[{"role":"system","content":"Be brief."}]}}
        {"session":"5555555555555555555555555555555555555555555555555555555555555555","version":2,"at":"2026-03-01T12:00:01.0000000Z","kind":"turn_begun","event":{"turn":"t1","messages":[{"role":"user","content":"Hi?"}]}}
        {"session":"5555555555555555555555555555555555555555555555555555555555555555","version":3,"at":"2026-03-01T12:00:02.0000000Z","kind":"turn_committed","event":{"turn":"t1","answer":{"role":"assistant","content":"Hello."},"info":{}}}
        {"session":"5555555555555555555555555555555555555555555555555555555555555555","version":4,"at":"2026-03-01T12:00:03.0000000Z","kind":"turn_begun","event":{"turn":"t2","messages":[{"role":"user","content":"Hi?"}],"replaces":"t1"}}
        {"session":"5555555555555555555555555555555555555555555555555555555555555555","version":5,"at":"2026-03-01T12:00:04.0000000Z","kind":"turn_committed","event":{"turn":"t2","answer":{"role":"assistant","content":"Good day."},"info":{}}}
        {"session":"5555555555555555555555555555555555555555555555555555555555555555","version":6,"at":"2026-03-01T12:00:05.0000000Z","kind":"turn_begun","event":{"turn":"t3","messages":[{"role":"user","content":"2 + 2?"}]}}
        {"session":"5555555555555555555555555555555555555555555555555555555555555555","version":7,"at":"2026-03-01T12:00:06.0000000Z","kind":"turn_committed","event":{"turn":"t3","answer":{"role":"assistant","content":"5"},"info":{}}}
        {"session":"5555555555555555555555555555555555555555555555555555555555555555","version":8,"at":"2026-03-01T12:00:07.0000000Z","kind":"turn_edited","event":{"turn":"t4","replaces":"t3","answer":{"role":"assistant","content":"4"}}}

        """;

    [Fact]
    public void Pairs_Trace_SetsTheAcceptedAnswerAgainstEachDraft()
    {
        using TempFolder folder = new();
        Directory.CreateDirectory(folder["review"]);
        File.WriteAllText(folder["review/trace.jsonl"], $"{Header}\n{Refined}\n");
        MttResult result = MttProcess.Run(folder.Path, ["pairs", "review", "--output", "pairs.jsonl"]);

        Assert.True(result.ExitCode == 0, result.Error);
        JsonElement[] rows = Rows(folder["pairs.jsonl"]);
        Assert.Equal(["bad", "worse"], rows.Select(row => Texts(row, "rejected").Single()));
        Assert.All(rows, row => Assert.Equal("right", Texts(row, "chosen").Single()));
        Assert.Equal(["Be brief.", "First?", "good", "Second?"], Texts(rows[0], "prompt"));
        Assert.Equal(2, rows[0].GetProperty("metadata").GetProperty("turn").GetInt32());
        Assert.Contains("review     2 pairs, the sides fork at turn 2: 2", result.Error);
        Assert.Contains("no answer of the round was accepted: 1", result.Error);
        JsonElement counts = JsonElement
            .Parse(File.ReadAllText(folder["pairs.jsonl.manifest.json"]))
            .GetProperty("counts");
        Assert.Equal(2, counts.GetProperty("by_source").GetProperty("review").GetProperty("2").GetInt32());
    }

    [Fact]
    public void Pairs_Evaluation_SetsTheAnswerInFullViewAgainstTheLostOne()
    {
        using TempFolder folder = new();
        folder.Write("lic.json", Report);
        MttResult result = MttProcess.Run(
            folder.Path,
            ["pairs", "lic.json", "--trajectories", "--output", "pairs.jsonl"]
        );

        Assert.True(result.ExitCode == 0, result.Error);
        JsonElement[] rows = Rows(folder["pairs.jsonl"]);
        Assert.Equal(
            ["evaluate", "trajectory"],
            rows.Select(row => row.GetProperty("metadata").GetProperty("source").GetString())
        );
        Assert.Equal(["Some.", "What else?", "The rest."], Texts(rows[0], "prompt"));
        Assert.Equal(("42", "41"), (Texts(rows[0], "chosen").Single(), Texts(rows[0], "rejected").Single()));
        Assert.Equal(["Some."], Texts(rows[1], "prompt"));
        Assert.Equal(["Go on.", "The rest.", "42"], Texts(rows[1], "chosen"));
        Assert.Contains("the task has no right answer with the whole task in view: 1", result.Error);
    }

    [Fact]
    public async Task Pairs_LogsOfSessions_AreThoseThatSessionsExports()
    {
        using TempFolder folder = new();
        folder.Write("log.jsonl", Log);
        MttResult result = MttProcess.Run(folder.Path, ["pairs", "log.jsonl", "--output", "pairs.jsonl"]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Contains("regeneration 1 pair, the sides fork at turn 1: 1", result.Error);
        Assert.Contains("edit       1 pair, the sides fork at turn 2: 1", result.Error);

        string[] store = ["--store", "sqlite:sessions.db"];
        await using (SqliteSessionStore.Open(folder["sessions.db"], isServer: true)) { }
        Assert.Equal(0, MttProcess.Run(folder.Path, ["sessions", "import", "log.jsonl", .. store]).ExitCode);
        string[] export = ["sessions", "export", "--pairs", "--output", "exported.jsonl", .. store];
        Assert.Equal(0, MttProcess.Run(folder.Path, export).ExitCode);
        Assert.Equal(File.ReadAllText(folder["pairs.jsonl"]), File.ReadAllText(folder["exported.jsonl"]));

        string[] again = ["pairs", "exported.jsonl", "--output", "again.jsonl"];
        Assert.Equal(0, MttProcess.Run(folder.Path, again).ExitCode);
        Assert.Equal(
            Rows(folder["pairs.jsonl"]).Select(row => $"{row.GetProperty("id")}"),
            Rows(folder["again.jsonl"]).Select(row => $"{row.GetProperty("id")}")
        );
    }

    [Fact]
    public void Pairs_EqualAndOpposedPairs_AreWrittenOnceAndCounted()
    {
        using TempFolder folder = new();
        folder.Write("a.jsonl", Pair("Hello.", "Good day.", "What?") + Pair("Hello.", "What?", "Good day."));
        folder.Write("b.jsonl", Pair("Hello.", "Good day.", "What?") + Pair("Hi.", "Good day.", "What?"));
        MttResult result = MttProcess.Run(folder.Path, ["pairs", "a.jsonl", "b.jsonl", "--output", "pairs.jsonl"]);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(
            ["Good day.", "What?", "Good day."],
            Rows(folder["pairs.jsonl"]).Select(row => Texts(row, "chosen").Single())
        );
        Assert.Contains("equal to an earlier pair: 1", result.Error);
        Assert.Contains("opposed    1 pair", result.Error);

        static string Pair(string prompt, string chosen, string rejected) =>
            $$"""{"prompt": [{"role": "user", "content": "{{prompt}}"}], "chosen": [{"role": "assistant", "content": "{{chosen}}"}], "rejected": [{"role": "assistant", "content": "{{rejected}}"}]}"""
            + "\n";
    }

    [Fact]
    public void Pairs_RowsThatArePairs_KeepTheirMessagesAndAreTrainedOn()
    {
        using TempFolder folder = new();
        folder.Write(
            "sessions.jsonl",
            """
            {"prompt": [{"role": "user", "content": "Hello."}], "chosen": [{"role": "assistant", "content": "Good day."}], "rejected": [{"role": "assistant", "content": "What?"}], "metadata": {"session": "s", "turns": ["t2", "t1"]}}

            """
        );
        MttResult result = MttProcess.Run(folder.Path, ["pairs", "sessions.jsonl", "--output", "pairs.jsonl"]);
        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal(
            "s",
            Rows(folder["pairs.jsonl"]).Single().GetProperty("metadata").GetProperty("session").GetString()
        );

        string model = Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model");
        MttResult trained = MttProcess.Run(
            folder.Path,
            [
                "train",
                "--model",
                model,
                "--train",
                "pairs.jsonl",
                "--output",
                "out",
                "--objective",
                "dpo",
                "--max-steps",
                "1",
            ]
        );
        Assert.True(trained.ExitCode == 0, trained.Error);
    }

    [Fact]
    public void Pairs_RowWithTheSameAnswerOnBothSides_IsCountedAndLeftOut()
    {
        using TempFolder folder = new();
        const string row =
            """{"prompt": [{"role": "user", "content": "Hello."}], "chosen": [{"role": "assistant", "content": "Good day."}], "rejected": [{"role": "assistant", "content": "OTHER"}]}""";
        folder.Write("in.jsonl", $"{row.Replace("OTHER", "Good day.")}\n{row.Replace("OTHER", "What?")}\n");

        MttResult result = MttProcess.Run(folder.Path, ["pairs", "in.jsonl", "--output", "pairs.jsonl"]);

        Assert.True(result.ExitCode == 0, result.Error);
        Assert.Equal("What?", Texts(Rows(folder["pairs.jsonl"]).Single(), "rejected").Single());
        Assert.Contains("both answers are the same: 1", result.Error);
        Assert.DoesNotContain("opposed", result.Error);
    }

    [Theory]
    [InlineData("{\n  \"results\": []\n}\n", "in.json: not the output of mtt evaluate")]
    [InlineData("{\"prompt\": [], \"chosen\": [{}]}\n", "in.json:1: no pair of answers")]
    [InlineData(Header + "\n{\"seed\": 1}\n", "in.json:2: not a line of a trace")]
    [InlineData(Header + "\n", "the inputs give no pair")]
    public void Pairs_InputWithoutPairs_IsRefusedAndNothingIsWritten(string text, string expected)
    {
        using TempFolder folder = new();
        folder.Write("in.json", text);
        MttResult result = MttProcess.Run(folder.Path, ["pairs", "in.json", "--output", "pairs.jsonl"]);
        Assert.True(result.ExitCode == 2, result.Error);
        Assert.Contains(expected, result.Error);
        Assert.False(File.Exists(folder["pairs.jsonl"]));
    }

    private static JsonElement[] Rows(string path) => [.. File.ReadLines(path).Select(line => JsonElement.Parse(line))];

    private static string[] Texts(JsonElement row, string list) =>
        [.. row.GetProperty(list).EnumerateArray().Select(message => message.GetProperty("content").GetString()!)];
}
