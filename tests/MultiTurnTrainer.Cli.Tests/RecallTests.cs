using System.Text.Json.Nodes;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>Retrieval by vectors from a real server through the real binary: measured, prepared, and repeated without the server.</summary>
public class RecallTests : IDisposable
{
    private static readonly string _data = Path.Combine(Repository.Root, "datasets/retrieval/sessions.jsonl");
    private static readonly string _model = Path.Combine(
        Repository.Root,
        "src/MultiTurnTrainer.Cli/Presets/tiny/model"
    );

    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Fact]
    public void Context_RecallByWords_SaysWhatWasFound()
    {
        MttResult result = MttProcess.Run(_folder.Path, ["context", _data, "--recall"]);

        Assert.Equal(0, result.ExitCode);
        Assert.Contains("bm25", result.Out, StringComparison.Ordinal);
        Assert.Contains("63 of 77", result.Out, StringComparison.Ordinal);
        Assert.DoesNotContain("hybrid", result.Out, StringComparison.Ordinal);
    }

    [Fact]
    public void Context_RecallWithAnOptionThatDoesNothing_IsRefused()
    {
        MttResult result = MttProcess.Run(_folder.Path, ["context", _data, "--recall", "--html", "page.html"]);

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("--html does nothing with --recall", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public void Context_RecallWithoutLabels_SaysWhatToWrite()
    {
        MttResult result = MttProcess.Run(
            _folder.Path,
            ["context", Path.Combine(Repository.Root, "datasets/chat/chat.jsonl"), "--recall"]
        );

        Assert.Equal(2, result.ExitCode);
        Assert.Contains("metadata.retrieval", result.Error, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Prepare_ByVectorsOfAServer_IsRepeatedWithoutIt()
    {
        string policy = _folder["policy.yaml"];
        File.WriteAllText(
            policy,
            """
            history: {turns: 4, bite: 2}
            retrieval: {method: hybrid, model: letters, min_similarity: 0.9}
            """
        );
        string record = _folder["artefacts.jsonl"];
        string[] Prepare(string output) =>
            [
                "prepare",
                _data,
                "--policy",
                policy,
                "--model",
                _model,
                "--artefacts",
                record,
                "--output",
                _folder[output],
            ];
        MttResult unmade = MttProcess.Run(_folder.Path, Prepare("none"));
        await using (ScriptedServer server = await ScriptedServer.StartAsync(Vector))
        {
            MttResult made = MttProcess.Run(_folder.Path, [.. Prepare("one"), "--endpoint", server.BaseUrl]);
            Assert.True(made.ExitCode == 0, made.Error);
            Assert.True(server.Requests.Count > 50);
        }

        MttResult again = MttProcess.Run(_folder.Path, Prepare("two"));

        Assert.Equal(2, unmade.ExitCode);
        Assert.Contains("no embedding by 'letters' is on record", unmade.Error, StringComparison.Ordinal);
        Assert.True(again.ExitCode == 0, again.Error);
        string one = File.ReadAllText(Path.Combine(_folder["one"], "data.jsonl"));
        Assert.Equal(one, File.ReadAllText(Path.Combine(_folder["two"], "data.jsonl")));
        Assert.Contains("[Earlier in this conversation, turn ", one, StringComparison.Ordinal);
    }

    // How often each letter stands in a text.
    private static Answer Vector(Received received)
    {
        if (received.Path != "embeddings" || received.Body.GetProperty("model").GetString() != "letters")
        {
            return Answers.Status(404);
        }

        string text = received.Body.GetProperty("input").GetString()!.ToLowerInvariant();
        JsonArray vector = [.. Enumerable.Range('a', 26).Select(letter => (JsonNode)text.Count(c => c == letter))];
        JsonObject answer = new()
        {
            ["data"] = new JsonArray(new JsonObject { ["index"] = 0, ["embedding"] = vector }),
            ["usage"] = new JsonObject { ["prompt_tokens"] = text.Length },
        };
        return Answers.Raw(answer.ToJsonString());
    }
}
