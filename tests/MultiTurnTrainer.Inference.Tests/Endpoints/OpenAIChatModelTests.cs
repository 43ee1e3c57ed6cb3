using System.Diagnostics;
using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Inference.Endpoints;
using MultiTurnTrainer.Inference.Settings;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Inference.Tests.Endpoints;

public class OpenAIChatModelTests
{
    private const string _key = "sk-test-0123456789abcdef";

    private static readonly ChatRequest _request = new(
        "m",
        [new("system", "be brief"), new("user", "hello \"you\"\n…")],
        0.25,
        0.9,
        77,
        4711
    );

    [Fact]
    public async Task Complete_Success_SendsEverythingAndReadsReply()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Text("hi", promptTokens: 12));
        ChatReply reply = await CompleteAsync(server);

        Assert.Equal(new ChatReply("hi", 12, 5), reply);
        Received sent = Assert.Single(server.Requests);
        Assert.Equal($"Bearer {_key}", sent.Authorization);
        Assert.Equal([("system", "be brief"), ("user", "hello \"you\"\n…")], sent.Messages);
        Assert.Equal("m", sent.Body.GetProperty("model").GetString());
        Assert.Equal(0.25, sent.Body.GetProperty("temperature").GetDouble());
        Assert.Equal(0.9, sent.Body.GetProperty("top_p").GetDouble());
        Assert.Equal(77, sent.Body.GetProperty("max_tokens").GetInt32());
        Assert.Equal(4711, sent.Body.GetProperty("seed").GetInt32());
    }

    [Fact]
    public async Task Complete_NoUsage_Estimates()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            Answers.Text("12345678", promptTokens: null)
        );
        ChatReply reply = await CompleteAsync(server);
        Assert.True(reply.Estimated);
        Assert.Equal(2, reply.CompletionTokens);
    }

    [Fact]
    public async Task Complete_Schema_SendsResponseFormat()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Text("{}"));
        await CompleteAsync(server, request: _request with { Schema = "{\"type\":\"object\"}" });
        JsonElement format = Assert.Single(server.Requests).Body.GetProperty("response_format");
        Assert.Equal("json_schema", format.GetProperty("type").GetString());
        Assert.Equal("object", format.GetProperty("json_schema").GetProperty("schema").GetProperty("type").GetString());
    }

    [Fact]
    public async Task Complete_Streamed_JoinsPiecesAndReadsUsage()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Stream(["a", "ß", "🙂"]));
        ChatReply reply = await CompleteAsync(server, new EndpointSettings { Stream = true });
        Assert.Equal(new ChatReply("aß🙂", 7, 3), reply);
    }

    [Fact]
    public async Task Complete_StreamCut_IsTransient()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Stream(["a"], ends: false));
        EndpointException problem = await FailAsync(server, new EndpointSettings { Stream = true });
        Assert.Equal(EndpointFault.Transient, problem.Fault);
        Assert.Contains("cut", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Complete_StreamSilent_IsNoticed()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            Answers.Stream(["a"], silentAfter: true)
        );
        EndpointException problem = await FailAsync(
            server,
            new EndpointSettings { Stream = true, IdleTimeoutSeconds = 0.2 }
        );
        Assert.Equal(EndpointFault.Transient, problem.Fault);
        Assert.Contains("silent", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(500, EndpointFault.Transient)]
    [InlineData(503, EndpointFault.Transient)]
    [InlineData(408, EndpointFault.Transient)]
    [InlineData(429, EndpointFault.RateLimited)]
    [InlineData(400, EndpointFault.Rejected)]
    [InlineData(422, EndpointFault.Rejected)]
    [InlineData(401, EndpointFault.Fatal)]
    [InlineData(404, EndpointFault.Fatal)]
    internal async Task Complete_Status_HasKind(int status, EndpointFault fault)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            Answers.Status(status, "<html>\n no</html>")
        );
        EndpointException problem = await FailAsync(server);
        Assert.Equal(fault, problem.Fault);
        Assert.Equal($"status {status}: <html> no</html>", problem.Message);
    }

    [Fact]
    public async Task Complete_QuotaExhausted_IsFatalAlthough429()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            Answers.Status(429, """{"error":{"code":"insufficient_quota","message":"pay"}}""")
        );
        Assert.Equal(EndpointFault.Fatal, (await FailAsync(server)).Fault);
    }

    [Theory]
    [InlineData("2", 2)]
    [InlineData("0.5", 0.5)]
    [InlineData("Fri, 01 Jan 2100 00:00:00 GMT", 1e6)]
    [InlineData("Fri, 01 Jan 2010 00:00:00 GMT", 0)]
    public async Task Complete_RetryAfter_IsRead(string header, double seconds)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Status(429, "", header));
        Assert.Equal(seconds, (await FailAsync(server)).RetryAfter?.TotalSeconds);
    }

    [Theory]
    [InlineData("not json at all")]
    [InlineData("{\"choices\": [")]
    [InlineData("{}")]
    [InlineData("[1]")]
    [InlineData("null")]
    [InlineData("{\"choices\":[]}")]
    [InlineData("{\"choices\":[{\"message\":7}]}")]
    [InlineData("{\"error\":{\"message\":\"overloaded\"}}")]
    [InlineData("")]
    public async Task Complete_BodyThatIsNoReply_IsTransient(string body)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Raw(body));
        Assert.Equal(EndpointFault.Transient, (await FailAsync(server)).Fault);
    }

    [Fact]
    public async Task Complete_ConnectionCut_IsTransient()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Cut());
        Assert.Equal(EndpointFault.Transient, (await FailAsync(server)).Fault);
    }

    [Fact]
    public async Task Complete_NobodyListens_IsTransient()
    {
        ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Text(""));
        await server.DisposeAsync();
        Assert.Equal(EndpointFault.Transient, (await FailAsync(server)).Fault);
    }

    [Fact]
    public async Task Complete_SlowDrip_EndsWhenCancelled()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Drip());
        using CancellationTokenSource soon = new(200);
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => CompleteAsync(server, cancellation: soon.Token));
    }

    [Fact]
    public async Task Complete_Refusal_IsMarked()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Refusal("I will not"));
        ChatReply reply = await CompleteAsync(server);
        Assert.Equal("I will not", reply.Refusal);
        Assert.Equal("", reply.Text);
    }

    [Theory]
    [InlineData("eos")]
    [InlineData("abort")]
    [InlineData("some_new_reason")]
    public async Task Complete_UnknownFinishReason_IsKept(string finish)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Text("x", finish));
        Assert.Equal(finish, (await CompleteAsync(server)).FinishReason);
    }

    [Fact]
    public async Task Complete_ServerEchoesTheKey_KeyNeverComesOut()
    {
        await using ScriptedServer reply = await ScriptedServer.StartAsync(request =>
            Answers.Text($"you sent {request.Authorization}")
        );
        Assert.Equal("you sent Bearer [key]", (await CompleteAsync(reply)).Text);

        await using ScriptedServer error = await ScriptedServer.StartAsync(request =>
            Answers.Status(
                401,
                JsonSerializer.Serialize(new { error = new { message = $"bad key {request.Authorization}" } })
            )
        );
        EndpointException problem = await FailAsync(error);
        Assert.DoesNotContain(_key, problem.ToString(), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("http://user:password@localhost/v1")]
    [InlineData("http://localhost/v1?api_key=abc")]
    [InlineData("ftp://localhost")]
    [InlineData("localhost:8000")]
    public void Create_AddressThatCannotBe_SaysSoWithoutRepeatingIt(string address)
    {
        MttException problem = Assert.Throws<MttException>(() => Model(address, new EndpointSettings()));
        Assert.DoesNotContain(
            "password",
            problem.Message.Replace("user name, password", "", StringComparison.Ordinal),
            StringComparison.Ordinal
        );
        Assert.DoesNotContain("abc", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_OfficialServerWithoutKey_NamesTheVariable()
    {
        MttException problem = Assert.Throws<MttException>(() =>
            new OpenAIConnection("a", new EndpointSettings(), new Secrets(), _ => null, TimeProvider.System)
        );
        Assert.Contains("OPENAI_API_KEY", problem.Message, StringComparison.Ordinal);
    }

    private static OpenAIChatModel Model(string baseUrl, EndpointSettings settings)
    {
        EndpointSettings named = settings with { BaseUrl = baseUrl };
        return new OpenAIChatModel(new("a", named, new Secrets(), _ => _key, TimeProvider.System), named);
    }

    private static async Task<ChatReply> CompleteAsync(
        ScriptedServer server,
        EndpointSettings? settings = null,
        ChatRequest? request = null,
        CancellationToken cancellation = default
    )
    {
        using OpenAIChatModel model = Model(server.BaseUrl, settings ?? new EndpointSettings());
        return await model.CompleteAsync(request ?? _request, cancellation);
    }

    private static async Task<EndpointException> FailAsync(ScriptedServer server, EndpointSettings? settings = null) =>
        await Assert.ThrowsAsync<EndpointException>(() => CompleteAsync(server, settings));
}
