using System.ClientModel;
using OpenAI;
using OpenAI.Chat;
using OpenAI.Models;
using OpenAI.Responses;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>The official OpenAI .NET package, unmodified.</summary>
public class OpenAIClientTests
{
    private static readonly ApiKeyCredential _key = new("none");

    [Fact]
    public async Task ChatClient_WholeStreamedAndInASession_Works()
    {
        await using TestServer server = await TestServer.StartAsync(ClientScript.Play);
        ChatClient chat = new(
            "served",
            _key,
            new OpenAIClientOptions { Endpoint = new Uri(server.Server.Url + "/v1") }
        );
        string session = await server.BeginAsync();
        ChatCompletionOptions Options() =>
            new() { Metadata = { ["session_id"] = session }, StoredOutputEnabled = true };

        ChatCompletion whole = await chat.CompleteChatAsync([new UserChatMessage("hello")]);
        string streamed = "";
        await foreach (
            StreamingChatCompletionUpdate update in chat.CompleteChatStreamingAsync(
                [new UserChatMessage("one")],
                Options()
            )
        )
        {
            streamed += string.Concat(update.ContentUpdate.Select(part => part.Text));
        }

        ChatCompletionOptions withTool = Options();
        withTool.Tools.Add(ChatTool.CreateFunctionTool("weather"));
        ChatCompletion called = await chat.CompleteChatAsync([new UserChatMessage("call a tool")], withTool);
        ChatCompletion told = await chat.CompleteChatAsync(
            [new ToolChatMessage(called.ToolCalls[0].Id, "sunny")],
            Options()
        );

        Assert.Equal("re: hello", whole.Content[0].Text);
        Assert.Equal(10, whole.Usage.InputTokenCount);
        Assert.Equal("re: one", streamed);
        Assert.Equal(ChatFinishReason.ToolCalls, called.FinishReason);
        Assert.Equal("weather", called.ToolCalls[0].FunctionName);
        Assert.Contains("Rome", called.ToolCalls[0].FunctionArguments.ToString(), StringComparison.Ordinal);
        Assert.Equal("re: sunny", told.Content[0].Text);
        Assert.Equal(5, server.Received[^1].Body.GetProperty("messages").GetArrayLength());
    }

    [Fact]
    public async Task ModelClient_AndErrors_AreAsTheClientKnowsThem()
    {
        await using TestServer server = await TestServer.StartAsync(ClientScript.Play);
        OpenAIClientOptions options = new() { Endpoint = new Uri(server.Server.Url + "/v1") };

        OpenAIModelCollection models = await new OpenAIModelClient(_key, options).GetModelsAsync();
        ClientResultException problem = await Assert.ThrowsAsync<ClientResultException>(() =>
            new ChatClient("unknown", _key, options).CompleteChatAsync([new UserChatMessage("x")])
        );

        Assert.Equal("served", Assert.Single(models).Id);
        Assert.Equal(404, problem.Status);
        Assert.Contains("There is no model 'unknown'", problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task ResponsesClient_FollowsResponsesAndStreams()
    {
        await using TestServer server = await TestServer.StartAsync(ClientScript.Play);
        ResponsesClient client = new(
            _key,
            new ResponsesClientOptions { Endpoint = new Uri(server.Server.Url + "/v1") }
        );

        ResponseResult first = await client.CreateResponseAsync("served", "first");
        ResponseResult second = await client.CreateResponseAsync("served", "second", first.Id);
        ResponseResult branch = await client.CreateResponseAsync("served", "branch", first.Id);
        string streamed = "";
        ResponseResult? ended = null;
        await foreach (
            StreamingResponseUpdate update in await client.CreateResponseStreamingAsync("served", "third", second.Id)
        )
        {
            streamed += (update as StreamingResponseOutputTextDeltaUpdate)?.Delta;
            ended = (update as StreamingResponseCompletedUpdate)?.Response ?? ended;
        }

        ResponseResult read = await client.GetResponseAsync(first.Id);

        Assert.Equal(
            ("re: first", "re: second", "re: branch"),
            (first.GetOutputText(), second.GetOutputText(), branch.GetOutputText())
        );
        Assert.Equal("re: third", streamed);
        Assert.Equal("re: third", ended!.GetOutputText());
        Assert.Equal("re: first", read.GetOutputText());
        Assert.Equal(
            ["first", "re: first", "second", "re: second", "third"],
            server.Received[^1].Messages.Select(message => message.Content)
        );
        Assert.Equal(["first", "re: first", "branch"], server.Received[^2].Messages.Select(message => message.Content));
    }
}
