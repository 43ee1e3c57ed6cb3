using System.Net.Http.Headers;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>Mutated requests to a real server: an answer, or an error in OpenAI's shape that is not the server's own.</summary>
public class RequestFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] _bodies =
    [
        """{"model":"served","messages":[{"role":"system","content":"s"},{"role":"user","content":"Hello é😀"}],"temperature":0.5,"max_tokens":5,"stop":["a"],"metadata":{"a":"b"}}""",
        """{"stream":true,"stream_options":{"include_usage":true},"messages":[{"role":"user","content":[{"type":"text","text":"a"},{"type":"image_url","image_url":{"url":"http://169.254.169.254/"}}]}]}""",
        """{"messages":[{"role":"user","content":"a"},{"role":"assistant","content":null,"tool_calls":[{"id":"1","type":"function","function":{"name":"f","arguments":"{\"a\":1}"}}]},{"role":"tool","tool_call_id":"1","content":"b"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object","properties":{"a":{"type":"number"}}}}}],"tool_choice":"auto","response_format":{"type":"json_object"},"n":1,"logprobs":true}""",
    ];

    private static readonly string[] _paths =
    [
        "/v1/chat/completions",
        "/v1/chat/completions/",
        "/v1/models",
        "/v1/models/x%00y",
        "/v1/models/../../etc/passwd",
        "/v1/sessions",
        "/openapi.json",
        "/%2e%2e/x",
        "/",
    ];

    [Fact]
    public async Task Answer_MutatedRequests_NeverFailTheServer()
    {
        List<string> faults = [];
        await using TestServer server = await TestServer.StartAsync(
            request =>
                request.Body.TryGetProperty("stream", out System.Text.Json.JsonElement streamed)
                && streamed.ValueKind == System.Text.Json.JsonValueKind.True
                    ? Answers.Stream(["ok"])
                    : Answers.Text("ok"),
            plan => plan with { Log = faults.Add }
        );
        Fuzz.Run(
            "requests",
            600,
            random => Fuzz.Mutate(random, _bodies),
            body =>
            {
                Reply reply = Send(server, body, "/v1/chat/completions");
                Assert.True(
                    reply.Status is 200 or (>= 400 and < 500) or 502,
                    $"{reply.Status} {reply.Text} {string.Join(' ', faults)}"
                );
                if (reply.Status != 200)
                {
                    Assert.NotNull((string?)reply.Json["error"]!["message"]);
                }

                Assert.Empty(faults);
            },
            output.WriteLine
        );
        foreach (string path in _paths)
        {
            Assert.InRange(Send(server, "{}"u8.ToArray(), path).Status, 200, 499);
        }
    }

    private static Reply Send(TestServer server, byte[] body, string path)
    {
        ByteArrayContent content = new(body);
        content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        using HttpRequestMessage request = new(HttpMethod.Post, path) { Content = content };
        return server.SendAsync(request).GetAwaiter().GetResult();
    }
}
