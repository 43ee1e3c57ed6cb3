using MultiTurnTrainer.Inference.Endpoints;
using MultiTurnTrainer.Inference.Settings;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Inference.Tests.Endpoints;

public class OpenAIEmbeddingTests
{
    private const string _key = "sk-test-0123456789abcdef";

    private static readonly ChatRequest _request = new("small", [new("user", "grün & 绿")], 0, null, 0, 0)
    {
        Embeds = true,
    };

    [Fact]
    public async Task Complete_OfATextsVector_PostsToEmbeddingsAndReadsIt()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            Answers.Raw("""{"data": [{"embedding": [0.5, -1, 2.5e-1]}], "usage": {"prompt_tokens": 7}}""")
        );

        ChatReply reply = await CompleteAsync(server);

        Assert.Equal([0.5f, -1f, 0.25f], reply.Vector!);
        Assert.Equal((7, 0, false), (reply.PromptTokens, reply.CompletionTokens, reply.Estimated));
        Received sent = Assert.Single(server.Requests);
        Assert.Equal("embeddings", sent.Path);
        Assert.Equal($"Bearer {_key}", sent.Authorization);
        Assert.Equal("grün & 绿", sent.Body.GetProperty("input").GetString());
        Assert.Equal("other", sent.Body.GetProperty("model").GetString());
    }

    [Fact]
    public async Task Complete_WithoutUsage_EstimatesTheTokens()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            Answers.Raw("""{"data": [{"embedding": [1]}]}""")
        );

        ChatReply reply = await CompleteAsync(server);

        Assert.True(reply.Estimated);
        Assert.Equal(_request.EstimatePromptTokens(), reply.PromptTokens);
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("[]")]
    [InlineData("not json")]
    [InlineData("""{"data": []}""")]
    [InlineData("""{"data": [{"embedding": []}]}""")]
    [InlineData("""{"data": [{"embedding": "AAAA"}]}""")]
    [InlineData("""{"data": [{"embedding": [1, null]}]}""")]
    [InlineData("""{"data": [{"embedding": [1e39]}]}""")]
    [InlineData("""{"data": [{"embedding": [1]}, {"embedding": [2]}]}""")]
    public async Task Complete_OfAnAnswerOfAnotherForm_IsTransient(string body)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Raw(body));

        EndpointException problem = await Assert.ThrowsAsync<EndpointException>(() => CompleteAsync(server));

        Assert.Equal(EndpointFault.Transient, problem.Fault);
    }

    [Theory]
    [InlineData(401, EndpointFault.Fatal)]
    [InlineData(429, EndpointFault.RateLimited)]
    [InlineData(400, EndpointFault.Rejected)]
    [InlineData(503, EndpointFault.Transient)]
    public async Task Complete_OfAServerThatRefuses_SaysWhyWithoutTheKey(int status, EndpointFault fault)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            Answers.Status(status, $$$"""{"error": {"message": "no {{{_key}}}"}}""")
        );

        EndpointException problem = await Assert.ThrowsAsync<EndpointException>(() => CompleteAsync(server));

        Assert.Equal(fault, problem.Fault);
        Assert.DoesNotContain(_key, problem.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public void Hash_OfARequestForAReply_IsNotChangedByTheNewField() =>
        Assert.DoesNotContain(
            "embeds",
            System.Text.Encoding.UTF8.GetString(Files.RecordJson.ToLine(_request with { Embeds = null })),
            StringComparison.Ordinal
        );

    private static async Task<ChatReply> CompleteAsync(ScriptedServer server)
    {
        EndpointSettings settings = new() { BaseUrl = server.BaseUrl, Model = "other" };
        using OpenAIChatModel model = new(
            new OpenAIConnection("test", settings, new Secrets(), _ => _key, TimeProvider.System),
            settings
        );
        return await model.CompleteAsync(_request, CancellationToken.None);
    }
}
