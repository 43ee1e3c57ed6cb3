using MultiTurnTrainer.Inference.Completions;
using MultiTurnTrainer.Inference.Endpoints;
using MultiTurnTrainer.Inference.Settings;

namespace MultiTurnTrainer.Inference.Tests.Endpoints;

/// <summary>Mutated replies of servers: a reply, or a failed call.</summary>
public class ReplyFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] _seeds =
    [
        """{"id":"x","object":"chat.completion","choices":[{"index":0,"message":{"role":"assistant","content":"a\u00e9\ud83d\ude00","refusal":null},"finish_reason":"stop"}],"usage":{"prompt_tokens":7,"completion_tokens":3}}""",
        """{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"text":"b"}]},"finish_reason":"length"}]}""",
        """{"choices":[{"index":0,"text":"","token_ids":[5,6,2],"finish_reason":"stop","stop_reason":2}]}""",
        """{"error":{"message":"x","code":"y"}}""",
    ];

    private static readonly string[] _events =
    [
        "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\ndata: {\"choices\":[],\"usage\":{\"prompt_tokens\":7,\"completion_tokens\":3}}\n\ndata: [DONE]\n\n",
        "event: x\nid: 1\nretry: 5\ndata: {\"choices\":[{\"delta\":{\"refusal\":\"no\"}}]}\n\n: comment\n\ndata: [DONE]\n\n",
    ];

    private static readonly CompletionRequest _request = new([1], 16, 0) { StopTokens = [2] };

    [Fact]
    public void Read_MutatedReplies_AreRepliesOrFailedCalls()
    {
        using OpenAIConnection connection = Connection();
        Fuzz.Run(
            "replies",
            5000,
            random => Fuzz.Mutate(random, _seeds),
            bytes =>
            {
                Try(connection, () => Task.FromResult<object>(OpenAIReplyBody.Read(bytes)));
                Try(connection, () => Task.FromResult<object>(CompletionJson.Read(bytes, _request, 100)));
            },
            output.WriteLine
        );
    }

    [Fact]
    public void Read_MutatedStreams_AreRepliesOrFailedCalls()
    {
        using OpenAIConnection connection = Connection();
        Fuzz.Run(
            "streams",
            3000,
            random => Fuzz.Mutate(random, _events),
            bytes =>
                Try(
                    connection,
                    async () =>
                        await OpenAIReplyBody.ReadStreamAsync(
                            new MemoryStream(bytes),
                            TimeSpan.FromSeconds(30),
                            TimeProvider.System,
                            default
                        )
                ),
            output.WriteLine
        );
    }

    private static void Try(OpenAIConnection connection, Func<Task<object>> read)
    {
        try
        {
            connection.GuardAsync(read, default).GetAwaiter().GetResult();
        }
        catch (EndpointException problem)
        {
            Assert.NotEmpty(problem.Message);
        }
    }

    private static OpenAIConnection Connection() =>
        new(
            "a",
            new EndpointSettings { BaseUrl = "http://localhost/v1" },
            new Secrets(),
            _ => null,
            TimeProvider.System
        );
}
