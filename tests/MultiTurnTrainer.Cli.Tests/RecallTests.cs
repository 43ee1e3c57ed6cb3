using System.Net;
using System.Text.Json.Nodes;

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
    public void Prepare_ByVectorsOfAServer_IsRepeatedWithoutIt()
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
        using (LetterServer server = new())
        {
            MttResult made = MttProcess.Run(_folder.Path, [.. Prepare("one"), "--endpoint", server.Address]);
            Assert.True(made.ExitCode == 0, made.Error);
            Assert.True(server.Texts > 50);
        }

        MttResult again = MttProcess.Run(_folder.Path, Prepare("two"));

        Assert.Equal(2, unmade.ExitCode);
        Assert.Contains("no embedding by 'letters' is on record", unmade.Error, StringComparison.Ordinal);
        Assert.True(again.ExitCode == 0, again.Error);
        string one = File.ReadAllText(Path.Combine(_folder["one"], "data.jsonl"));
        Assert.Equal(one, File.ReadAllText(Path.Combine(_folder["two"], "data.jsonl")));
        Assert.Contains("[Earlier in this conversation, turn ", one, StringComparison.Ordinal);
    }

    /// <summary>An embedding server whose vectors are how often each letter stands in a text.</summary>
    private sealed class LetterServer : IDisposable
    {
        private readonly HttpListener _listener = new();
        private int _texts;

        public LetterServer()
        {
            int port = FreePort();
            Address = $"http://127.0.0.1:{port}/v1";
            _listener.Prefixes.Add($"http://127.0.0.1:{port}/");
            _listener.Start();
            _ = Task.Run(ServeAsync);
        }

        public string Address { get; }

        public int Texts => Volatile.Read(ref _texts);

        public void Dispose() => _listener.Close();

        private static int FreePort()
        {
            using System.Net.Sockets.TcpListener probe = new(IPAddress.Loopback, 0);
            probe.Start();
            return ((IPEndPoint)probe.LocalEndpoint).Port;
        }

        private async Task ServeAsync()
        {
            while (_listener.IsListening)
            {
                HttpListenerContext context;
                try
                {
                    context = await _listener.GetContextAsync();
                }
                catch (Exception problem) when (problem is HttpListenerException or ObjectDisposedException)
                {
                    return;
                }

                JsonNode asked = JsonNode.Parse(context.Request.InputStream)!;
                string text = ((string)asked["input"]!).ToLowerInvariant();
                bool isRight =
                    context.Request.Url!.AbsolutePath == "/v1/embeddings" && (string?)asked["model"] == "letters";
                context.Response.StatusCode = isRight ? 200 : 404;
                Interlocked.Increment(ref _texts);
                JsonArray vector =
                [
                    .. Enumerable.Range('a', 26).Select(letter => (JsonNode)text.Count(c => c == letter)),
                ];
                JsonObject answer = new()
                {
                    ["data"] = new JsonArray(new JsonObject { ["index"] = 0, ["embedding"] = vector }),
                    ["usage"] = new JsonObject { ["prompt_tokens"] = text.Length },
                };
                await context.Response.OutputStream.WriteAsync(
                    System.Text.Encoding.UTF8.GetBytes(answer.ToJsonString())
                );
                context.Response.Close();
            }
        }
    }
}
