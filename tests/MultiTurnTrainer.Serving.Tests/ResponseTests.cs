using System.Text.Json.Nodes;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>What becomes of responses after they were given.</summary>
public class ResponseTests
{
    private static Answer Echo(Received request) => Answers.Stream(["re: ", request.Messages[^1].Content]);

    [Fact]
    public async Task Delete_OfAResponse_ErasesItOrNamesWhatDoes()
    {
        await using TestServer server = await TestServer.StartAsync(Echo);
        string only = await AskAsync(server, """{"input": "one"}""");
        string first = await AskAsync(server, """{"input": "one"}""");
        string second = await AskAsync(server, $$"""{"input": "two", "previous_response_id": "{{first}}"}""");

        Reply deleted = await DeleteAsync(server, only);
        Reply refused = await DeleteAsync(server, second);

        Assert.Equal((200, true, only), (deleted.Status, (bool?)deleted.Json["deleted"], (string?)deleted.Json["id"]));
        Assert.Equal(404, (await server.GetAsync($"/v1/responses/{only}")).Status);
        Assert.Equal(404, (await DeleteAsync(server, only)).Status);
        Assert.Equal((409, "response_has_others"), (refused.Status, refused.ErrorCode));
        Assert.Equal(200, (await server.GetAsync($"/v1/responses/{second}")).Status);
    }

    [Theory]
    [InlineData("/v1/responses/resp_0/cancel", "responses.cancel")]
    [InlineData("/v1/conversations/conv_0", "conversations.update")]
    [InlineData("/v1/conversations/conv_0/items", "conversations.items.create")]
    public async Task Post_OfWhatIsNotSupported_Is400ByName(string path, string name)
    {
        await using TestServer server = await TestServer.StartAsync(Echo);

        Reply reply = await server.PostAsync(path, "{}");

        Assert.Equal(400, reply.Status);
        Assert.Contains(name, reply.Text, StringComparison.Ordinal);
    }

    private static async Task<string> AskAsync(TestServer server, string body) =>
        (string)JsonNode.Parse((await server.PostAsync("/v1/responses", body)).Text)!["id"]!;

    private static Task<Reply> DeleteAsync(TestServer server, string response) =>
        server.SendAsync(new HttpRequestMessage(HttpMethod.Delete, $"/v1/responses/{response}"));
}
