using System.Text;
using System.Text.Json;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Serving.Settings;
using MultiTurnTrainer.Sessions.Settings;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>Chat completions without a session, through a real server before a scripted one.</summary>
public class PassThroughTests
{
    private const string Path = "/v1/chat/completions";
    private const string Hello = """{"model": "served", "messages": [{"role": "user", "content": "Hello"}]}""";
    private const string StreamedHello =
        """{"stream": true, "messages": [{"role": "user", "content": "Hello"}], "temperature": 0.5}""";

    [Fact]
    public async Task Answer_Whole_IsTheUpstreamsWithOurModelsName()
    {
        await using TestServer server = await TestServer.StartAsync(_ => Answers.Text("Hi there"));

        Reply reply = await server.PostAsync(Path, Hello);

        Assert.Equal(200, reply.Status);
        Assert.Equal("Hi there", reply.Content);
        Assert.Equal("served", (string?)reply.Json["model"]);
        Assert.Equal(10, (int?)reply.Json["usage"]!["prompt_tokens"]);
        Assert.Equal("full", reply.Header("mtt-context-mode"));
        Assert.Equal("upstream-name", server.Received.Single().Body.GetProperty("model").GetString());
    }

    [Fact]
    public async Task Answer_Streamed_ComesInPiecesAndEndsWithDone()
    {
        await using TestServer server = await TestServer.StartAsync(_ => Answers.Stream(["Hi ", "there"]));

        Reply reply = await server.PostAsync(Path, StreamedHello);

        Assert.Equal(200, reply.Status);
        Assert.Equal("Hi there", reply.Streamed);
        Assert.Equal("[DONE]", reply.Events[^1].Data);
        Assert.True(server.Received.Single().Body.GetProperty("stream").GetBoolean());
        Assert.Equal(0.5, server.Received.Single().Body.GetProperty("temperature").GetDouble());
    }

    [Fact]
    public async Task Answer_AFailureOfTheFirstAttempts_IsHidden()
    {
        await using TestServer server = await TestServer.StartAsync(request =>
            request.Number switch
            {
                1 => Answers.Status(500, "down"),
                2 => Answers.Raw("no JSON {"),
                3 => Answers.Cut(),
                _ => request.Body.TryGetProperty("stream", out _) ? Answers.Stream(["ok"]) : Answers.Text("ok"),
            }
        );

        Assert.Equal("ok", (await server.PostAsync(Path, Hello)).Content);
        Assert.Equal(4, server.Received.Count);
    }

    [Fact]
    public async Task Answer_AnUpstreamThatStaysDown_IsABadGatewayInOpenAIsShape()
    {
        await using TestServer server = await TestServer.StartAsync(_ => Answers.Status(500, "secret stack trace"));

        Reply whole = await server.PostAsync(Path, Hello);
        Reply streamed = await server.PostAsync(Path, StreamedHello);

        Assert.Equal((502, "upstream_error"), (whole.Status, whole.ErrorCode));
        Assert.Equal("server_error", (string?)whole.Json["error"]!["type"]);
        Assert.Equal((502, "upstream_error"), (streamed.Status, streamed.ErrorCode));
    }

    [Theory]
    [InlineData(true, false)]
    [InlineData(false, true)]
    public async Task Answer_AStreamThatBreaksOff_EndsWithAnErrorEventAndWithoutDone(bool cut, bool silent)
    {
        await using TestServer server = await TestServer.StartAsync(_ =>
            Answers.Stream(["Hi ", "the"], ends: !cut, silentAfter: silent)
        );

        Reply reply = await server.PostAsync(Path, StreamedHello);

        Assert.Equal("Hi the", reply.Streamed);
        Assert.Contains("upstream_error", reply.Events[^1].Data, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_UnderAPolicy_SendsThePolicysMessages()
    {
        ContextPolicy window = PolicyPresets.Find("window")! with
        {
            History = new() { Turns = 2, Bite = 1 },
        };
        await using TestServer server = await TestServer.StartAsync(_ => Answers.Text("fine"), policy: window);
        object[] messages =
        [
            new { role = "system", content = "Be brief." },
            .. Enumerable
                .Range(1, 5)
                .SelectMany(i =>
                    new object[]
                    {
                        new { role = "user", content = $"question {i}" },
                        new { role = "assistant", content = $"answer {i}" },
                    }
                )
                .SkipLast(1),
        ];

        Reply reply = await server.PostAsync(
            Path,
            JsonSerializer.Serialize(new { messages, tools = Array.Empty<int>() })
        );

        Assert.Equal(
            ["Be brief.", "question 4", "answer 4", "question 5"],
            server.Received.Single().Messages.Select(message => message.Content)
        );
        Assert.Equal("summarised", reply.Header("mtt-context-mode"));
    }

    [Theory]
    [InlineData("""{"messages": []}""", "messages")]
    [InlineData("""{"messages": [{"role": "robot", "content": "x"}]}""", "messages[0].role")]
    [InlineData("""{"messages": [{"role": "user", "content": 5}]}""", "messages[0].content")]
    [InlineData("""{"messages": ["hello"]}""", "messages[0]")]
    [InlineData("""{"messages": [{"role": "user", "content": "x"}], "stream": "yes"}""", "stream")]
    [InlineData("""{"messages": [{"role": "user", "content": "x"}], "metadata": []}""", "metadata")]
    public async Task Answer_ABodyThatCannotBeMeant_Is400AndNamesTheMember(string body, string param)
    {
        await using TestServer server = await TestServer.StartAsync(_ => Answers.Text("never"));

        Reply reply = await server.PostAsync(Path, body);

        Assert.Equal((400, param), (reply.Status, (string?)reply.Json["error"]!["param"]));
        Assert.Empty(server.Received);
    }

    [Theory]
    [InlineData("{")]
    [InlineData("[]")]
    [InlineData("""{"messages": [], "messages": []}""")]
    [InlineData("")]
    public async Task Answer_WhatIsNoJsonObject_Is400(string body)
    {
        await using TestServer server = await TestServer.StartAsync(_ => Answers.Text("never"));

        Reply reply = await server.PostAsync(Path, body);

        Assert.Equal((400, "invalid_json"), (reply.Status, reply.ErrorCode));
    }

    [Fact]
    public async Task Answer_ABodyThatBeginsWithAByteOrderMark_IsRead()
    {
        await using TestServer server = await TestServer.StartAsync(_ => Answers.Text("hello"));

        Reply reply = await server.PostAsync(Path, "\uFEFF" + Hello);

        Assert.Equal((200, "hello"), (reply.Status, reply.Content));
    }

    [Fact]
    public async Task Answer_AnUnknownModelOrPath_Is404()
    {
        await using TestServer server = await TestServer.StartAsync(_ => Answers.Text("never"));

        Assert.Equal("model_not_found", (await server.PostAsync(Path, Hello.Replace("served", "gpt-9"))).ErrorCode);
        Assert.Equal(404, (await server.GetAsync("/v1/models/gpt-9")).Status);
        Assert.Equal("not_found", (await server.GetAsync("/v1/nothing")).ErrorCode);
    }

    [Theory]
    [InlineData("Host", "evil.example", 403)]
    [InlineData("Host", "127.0.0.1.evil.example", 403)]
    [InlineData("Host", "localhost:9999", 200)]
    [InlineData("Origin", "https://evil.example", 403)]
    [InlineData("Origin", "null", 403)]
    [InlineData("Origin", "http://localhost:1", 403)]
    public async Task Request_WithAForeignHostOrOrigin_Is403(string header, string value, int status)
    {
        await using TestServer server = await TestServer.StartAsync(_ => Answers.Text("ok"));

        Assert.Equal(status, (await server.PostAsync(Path, Hello, (header, value))).Status);
        Assert.Equal(status == 200 ? 1 : 0, server.Received.Count);
    }

    [Fact]
    public async Task Request_FromItsOwnPage_IsLetIn()
    {
        await using TestServer server = await TestServer.StartAsync(_ => Answers.Text("ok"));

        Assert.Equal(200, (await server.PostAsync(Path, Hello, ("Origin", server.Server.Url))).Status);
    }

    [Fact]
    public async Task Request_BeyondTheBounds_IsTurnedAway()
    {
        await using TestServer server = await TestServer.StartAsync(
            _ => Answers.Text("ok"),
            plan => plan with { Options = plan.Options with { MaxBodyBytes = 4096, RequestsPerMinute = 3 } }
        );

        Reply large = await server.PostAsync(Path, Hello.Replace("Hello", new string('x', 5000)));
        Reply headers = await server.GetAsync("/v1/models", ("X-Long", new string('x', 40_000)));
        Assert.Equal((413, "request_too_large"), (large.Status, large.ErrorCode));
        Assert.Equal(431, headers.Status);
        List<int> statuses = [];
        for (int i = 0; i < 4; i++)
        {
            statuses.Add((await server.GetAsync("/v1/models")).Status);
        }

        Assert.Equal([200, 200, 429, 429], statuses);
    }

    [Fact]
    public async Task Stream_ThatIsSilent_GetsHeartbeats()
    {
        await using TestServer server = await TestServer.StartAsync(
            _ => Answers.Stream(["Hi"], silentAfter: true),
            plan => plan with { Options = plan.Options with { Heartbeat = TimeSpan.FromMilliseconds(100) } }
        );

        Reply reply = await server.PostAsync(Path, StreamedHello);

        Assert.Contains(": still here", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Answer_ToAClientThatHasGone_IsNotAskedForFurther()
    {
        TaskCompletionSource gone = new();
        await using TestServer server = await TestServer.StartAsync(_ =>
            async (context, received) =>
            {
                await using CancellationTokenRegistration watch = context.RequestAborted.Register(() =>
                    gone.TrySetResult()
                );
                await Answers.Stream(["Hi"], silentAfter: true)(context, received);
            }
        );
        using HttpRequestMessage request = new(HttpMethod.Post, Path)
        {
            Content = new StringContent(StreamedHello, Encoding.UTF8, "application/json"),
        };
        HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using (Stream body = await response.Content.ReadAsStreamAsync())
        {
            _ = await body.ReadAsync(new byte[10]);
        }

        response.Dispose();

        await gone.Task.WaitAsync(TimeSpan.FromSeconds(20));
    }

    [Fact]
    public async Task Router_ByLengthAndMetadata_ChoosesTheModel()
    {
        await using TestServer server = await TestServer.StartAsync(
            request => Answers.Text(request.Body.GetProperty("model").GetString()!),
            plan =>
                plan with
                {
                    Models = plan.Models with
                    {
                        Endpoints =
                        [
                            .. plan.Models.Endpoints,
                            new("large", plan.Models.Endpoints[0].Settings with { Model = "large" }),
                        ],
                        Routing =
                        [
                            new RoutingRule { Model = "large", AboveTokens = 100 },
                            new RoutingRule
                            {
                                Model = "large",
                                Metadata = new Dictionary<string, string> { ["tier"] = "gold" },
                            },
                        ],
                    },
                }
        );

        Reply small = await server.PostAsync(Path, Hello);
        Reply longer = await server.PostAsync(Path, Hello.Replace("Hello", new string('x', 1000)));
        Reply gold = await server.PostAsync(
            Path,
            Hello.Replace("{\"model\"", "{\"metadata\": {\"tier\": \"gold\"}, \"model\"")
        );

        Assert.Equal("upstream-name large large", $"{small.Content} {longer.Content} {gold.Content}");
    }
}
