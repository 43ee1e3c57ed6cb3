using System.Diagnostics;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Inference.Calls;
using MultiTurnTrainer.Inference.Endpoints;
using MultiTurnTrainer.Inference.Settings;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Inference.Tests.Endpoints;

public class EndpointPoolTests
{
    private static readonly RetrySettings _quick = new() { DelaySeconds = 0.01, MaxDelaySeconds = 0.05 };
    private static readonly ChatRequest _request = new("m", [new("user", "hi")], 0, null, 10, 1);

    [Fact]
    public async Task Send_FailuresThatPass_AreRetriedAndLogged()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            request.Number switch
            {
                1 => Answers.Status(500),
                2 => Answers.Raw("garbage"),
                3 => Answers.Cut(),
                4 => Answers.Status(429),
                _ => Answers.Text("ok"),
            }
        );
        using EndpointPool pool = Pool(server);
        AttemptLog log = new(() => { });
        Assert.Equal("ok", (await pool.SendAsync(_request, [], log, default)).Text);
        Assert.Equal(5, log.Requests);
        Assert.Equal(4, log.Faults.Count);
        Assert.StartsWith("a0: status 500", log.Faults[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_RetryAfter_IsWaitedFor()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            request.Number == 1 ? Answers.Status(429, "", "1") : Answers.Text("ok")
        );
        using EndpointPool pool = Pool(server);
        await pool.SendAsync(_request, [], new AttemptLog(() => { }), default);
        long[] times = [.. server.Requests.Select(request => request.Timestamp)];
        Assert.Equal(2, times.Length);

        // A little less than the second: timers may fire early by a tick.
        Assert.True(Stopwatch.GetElapsedTime(times[0], times[1]).TotalSeconds > 0.95);
    }

    [Fact]
    public async Task Send_RetryAfterTooLong_FailsAtOnce()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Status(429, "", "100000"));
        using EndpointPool pool = Pool(server);
        await Assert.ThrowsAsync<EndpointException>(() =>
            pool.SendAsync(_request, [], new AttemptLog(() => { }), default)
        );
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Send_TimeOut_IsRetried()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            request.Number switch
            {
                1 => Answers.Hang(),
                2 => Answers.Drip(),
                _ => Answers.Text("ok"),
            }
        );
        using EndpointPool pool = Pool(_quick, (server, new EndpointSettings { TimeoutSeconds = 0.3 }));
        AttemptLog log = new(() => { });
        Assert.Equal("ok", (await pool.SendAsync(_request, [], log, default)).Text);
        Assert.All(log.Faults, fault => Assert.Contains("within 0.3 s", fault, StringComparison.Ordinal));
    }

    [Fact]
    public async Task Send_RejectedOrFatal_IsNotRetried()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Status(400));
        using EndpointPool pool = Pool(server);
        await Assert.ThrowsAsync<EndpointException>(() =>
            pool.SendAsync(_request, [], new AttemptLog(() => { }), default)
        );
        Assert.Single(server.Requests);
    }

    [Fact]
    public async Task Send_OneEndpointDown_TheOtherAnswers()
    {
        await using ScriptedServer down = await ScriptedServer.StartAsync(_ => Answers.Status(503));
        await using ScriptedServer up = await ScriptedServer.StartAsync(_ => Answers.Text("up"));
        using EndpointPool pool = Pool(_quick, (down, new EndpointSettings()), (up, new EndpointSettings()));
        for (int seed = 0; seed < 20; seed++)
        {
            Assert.Equal(
                "up",
                (await pool.SendAsync(_request with { Seed = seed }, [], new AttemptLog(() => { }), default)).Text
            );
        }

        Assert.NotEmpty(down.Requests);
        Assert.Equal(20, up.Requests.Count);
    }

    [Fact]
    public async Task Send_CircuitOpen_ServerIsLeftAlone()
    {
        await using ScriptedServer down = await ScriptedServer.StartAsync(_ => Answers.Status(503));
        await using ScriptedServer up = await ScriptedServer.StartAsync(_ => Answers.Text("up"));
        CircuitSettings circuit = new()
        {
            MinimumRequests = 4,
            FailureRatio = 0.5,
            BreakSeconds = 600,
        };
        using EndpointPool pool = Pool(
            _quick,
            (down, new EndpointSettings { Circuit = circuit }),
            (up, new EndpointSettings())
        );
        for (int seed = 0; seed < 60; seed++)
        {
            await pool.SendAsync(_request with { Seed = seed }, [], new AttemptLog(() => { }), default);
        }

        Assert.Equal(4, down.Requests.Count);
        Assert.Equal(60, up.Requests.Count);
    }

    [Fact]
    public async Task Send_AllDownForTooLong_StopsTheRun()
    {
        await using ScriptedServer down = await ScriptedServer.StartAsync(_ => Answers.Status(503));
        RetrySettings retry = _quick with { MaxRetries = 100, MaxOutageSeconds = 0.3 };
        using EndpointPool pool = Pool(retry, (down, new EndpointSettings()));
        MttException problem = await Assert.ThrowsAsync<MttException>(() =>
            pool.SendAsync(_request, [], new AttemptLog(() => { }), default)
        );
        Assert.Contains("--resume", problem.Remedy, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Send_BudgetReached_SendsNothing()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Text("ok"));
        using EndpointPool pool = Pool(server);
        AttemptLog log = new(() => throw new BudgetReachedException("1 requests"));
        await Assert.ThrowsAsync<BudgetReachedException>(() => pool.SendAsync(_request, [], log, default));
        Assert.Empty(server.Requests);
    }

    [Fact]
    public void Order_Weights_AreKeptInTheLongRun()
    {
        using EndpointPool pool = new([Idle("a", 3), Idle("b", 1), Idle("c", 0)], _quick, TimeProvider.System, 0);
        Dictionary<string, int> first = [];
        for (int seed = 0; seed < 4000; seed++)
        {
            string name = pool.Order(_request with { Seed = seed }, [])[0].Name;
            first[name] = first.GetValueOrDefault(name) + 1;
        }

        Assert.InRange(first["a"], 2850, 3150);
        Assert.Equal(4000 - first["a"], first["b"]);
        Assert.Equal(["b"], pool.Order(_request, ["b"]).Select(endpoint => endpoint.Name));
    }

    private static Endpoint Idle(string name, double weight) =>
        new(name, new EndpointSettings { Weight = weight }, new NoModel(), TimeProvider.System);

    private static EndpointPool Pool(ScriptedServer server) => Pool(_quick, (server, new EndpointSettings()));

    private static EndpointPool Pool(
        RetrySettings retry,
        params (ScriptedServer Server, EndpointSettings Settings)[] servers
    ) =>
        new(
            servers.Select(
                (pair, i) =>
                {
                    EndpointSettings settings = pair.Settings with { BaseUrl = pair.Server.BaseUrl };
                    OpenAIChatModel model = new(
                        new($"a{i}", settings, new Secrets(), _ => null, TimeProvider.System),
                        settings
                    );
                    return new Endpoint($"a{i}", settings, model, TimeProvider.System);
                }
            ),
            retry,
            TimeProvider.System,
            seed: 0
        );

    private sealed class NoModel : IChatModel
    {
        public Task<ChatReply> CompleteAsync(ChatRequest request, CancellationToken cancellation) =>
            throw new NotSupportedException();
    }
}
