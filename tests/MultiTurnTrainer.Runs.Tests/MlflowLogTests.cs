using System.Net;
using System.Text;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Runs.Tables;
using MultiTurnTrainer.Runs.Tracking;

namespace MultiTurnTrainer.Runs.Tests;

/// <summary>What an MLflow server is asked, against a scripted one: no MLflow was there to test with.</summary>
public sealed class MlflowLogTests : IDisposable
{
    private readonly HttpListener _listener = new();
    private readonly List<(string Path, JsonNode? Body)> _asked = [];
    private readonly string _address;
    private bool _knowsExperiment;

    public MlflowLogTests()
    {
        using System.Net.Sockets.TcpListener free = new(IPAddress.Loopback, 0);
        free.Start();
        _address = $"http://127.0.0.1:{((IPEndPoint)free.LocalEndpoint).Port}";
        free.Stop();
        _listener.Prefixes.Add(_address + "/");
        _listener.Start();
        _ = Task.Run(ServeAsync);
    }

    public void Dispose() => _listener.Close();

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task SendAsync_ARun_MakesExperimentRunSettingsNumbersAndEndsIt(bool known)
    {
        _knowsExperiment = known;
        using TempFolder folder = new();
        folder.Write(
            "metrics.jsonl",
            string.Concat(Enumerable.Range(1, 1500).Select(i => $"{{\"step\": {i}, \"smoothed_loss\": {i}}}\n"))
        );
        RunFacts run = new("a,seed=1")
        {
            Folder = folder.Path,
            Seed = 1,
            Settings = Enumerable.Range(0, 150).ToDictionary(i => $"train.s{i}", i => new string('v', 600)),
            Measures = [new Measure("math:sharded", 40)],
        };
        using (MlflowLog log = new(_address, TimeProvider.System))
        {
            await log.SendAsync("support", [run], CancellationToken.None);
        }

        Assert.Equal(
            [
                "experiments/get-by-name?experiment_name=support",
                .. known ? [] : (string[])["experiments/create"],
                "runs/create",
                "runs/log-batch",
                "runs/log-batch",
                "runs/log-batch",
                "runs/log-batch",
                "runs/update",
            ],
            _asked.Select(one => one.Path)
        );
        JsonNode[] batches = [.. _asked.Where(one => one.Path == "runs/log-batch").Select(one => one.Body!)];
        Assert.Equal(151, batches.Sum(batch => batch["params"]?.AsArray().Count ?? 0));
        Assert.All(batches, batch => Assert.InRange(batch["params"]?.AsArray().Count ?? 0, 0, 100));
        Assert.Equal(1501, batches.Sum(batch => batch["metrics"]?.AsArray().Count ?? 0));
        Assert.Equal("math_sharded", batches[2]["metrics"]![0]!["key"]!.GetValue<string>());
        Assert.Equal(500, batches[0]["params"]![0]!["value"]!.GetValue<string>().Length);
        Assert.Equal("FINISHED", _asked[^1].Body!["status"]!.GetValue<string>());
    }

    [Fact]
    public async Task SendAsync_NoServer_IsRefusedWithItsAddress()
    {
        _listener.Stop();
        using MlflowLog log = new(_address, TimeProvider.System);
        MttException problem = await Assert.ThrowsAsync<MttException>(() =>
            log.SendAsync("support", [], CancellationToken.None)
        );
        Assert.Contains(_address, problem.Message, StringComparison.Ordinal);
    }

    private async Task ServeAsync()
    {
        while (_listener.IsListening)
        {
            HttpListenerContext context = await _listener.GetContextAsync();
            string path = context.Request.Url!.PathAndQuery["/api/2.0/mlflow/".Length..];
            using StreamReader reader = new(context.Request.InputStream);
            string body = await reader.ReadToEndAsync();
            _asked.Add((path, body.Length > 0 ? JsonNode.Parse(body) : null));
            (int status, string answer) = path.Split('?')[0] switch
            {
                "experiments/get-by-name" => _knowsExperiment
                    ? (200, """{"experiment": {"experiment_id": "7", "name": "support"}}""")
                    : (404, """{"error_code": "RESOURCE_DOES_NOT_EXIST"}"""),
                "experiments/create" => (200, """{"experiment_id": "7"}"""),
                "runs/create" => (200, """{"run": {"info": {"run_id": "r1"}}}"""),
                _ => (200, "{}"),
            };
            context.Response.StatusCode = status;
            await context.Response.OutputStream.WriteAsync(Encoding.UTF8.GetBytes(answer));
            context.Response.Close();
        }
    }
}
