using System.IO.Compression;
using System.Text;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Inference.Completions;
using MultiTurnTrainer.Inference.Endpoints;
using MultiTurnTrainer.Inference.Settings;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Inference.Tests.Endpoints;

/// <summary>Whatever a server answers, it is a reply or a failed call, in bounded memory, without the key.</summary>
public class HostileServerTests
{
    private const string _key = "sk-Hostile-0123456789abcdef";

    private static readonly ChatRequest _request = new("m", [new("user", "hello")], 0, 1, 16, 1);

    public static TheoryData<string> Undecodable =>
        [
            """{"choices":[{"message":{"content":"\ud800"}}]}""",
            """{"choices":[{"message":{"content":"a\udc00b"}}]}""",
            """{"choices":[{"message":{"content":"ok","refusal":"\ud800"}}]}""",
            """{"choices":[{"message":{"content":[{"text":"\ud83d"}]}}]}""",
            """{"choices":[{"message":{"content":"ok"},"finish_reason":"\ud800"}]}""",
            """{"choices":[{"message":"x"}]}""",
            """{"choices":[{}]}""",
            """{"choices":[]}""",
            """{"choices":{}}""",
            """{"choices":"x"}""",
            """{"choices":null}""",
            """{"error":"x"}""",
            """{"error":{"message":5}}""",
            "[]",
            "null",
            "5",
            "\"text\"",
            "",
            "<html>",
            "{",
            "{\"choices\":[{\"message\":{\"content\":\"",
            "\u0000",
            new string('[', 100_000),
            string.Concat(Enumerable.Repeat("{\"choices\":", 50_000)),
            """{"choices":[{"message":{"content":"x"}}],"choices":1}""",
        ];

    [Theory]
    [MemberData(nameof(Undecodable))]
    public async Task Complete_UndecodableReply_IsAFailedCall(string body)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Raw(body));
        Assert.Equal(EndpointFault.Transient, (await FailAsync(server)).Fault);
    }

    [Theory]
    [MemberData(nameof(Undecodable))]
    public async Task Complete_UndecodableEvent_IsAFailedCall(string body)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            async (context, _) =>
            {
                context.Response.ContentType = "text/event-stream";
                await context.Response.Body.WriteAsync(Encoding.UTF8.GetBytes($"data: {body}\n\n"));
            }
        );
        Assert.Equal(EndpointFault.Transient, (await FailAsync(server, new EndpointSettings { Stream = true })).Fault);
    }

    public static TheoryData<string, int, bool> Long
    {
        get
        {
            TheoryData<string, int, bool> cases = [];
            foreach (string encoding in new[] { "", "gzip", "br", "deflate" })
            {
                foreach (int status in new[] { 200, 400, 500 })
                {
                    cases.Add(encoding, status, false);
                    cases.Add(encoding, status, true);
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Long))]
    public async Task Complete_EndlessBody_IsCutAtTheLimit(string encoding, int status, bool streamed)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            async (context, _) =>
            {
                context.Response.StatusCode = status;
                context.Response.ContentType = streamed ? "text/event-stream" : "application/json";
                if (encoding.Length > 0)
                {
                    context.Response.Headers.ContentEncoding = encoding;
                }

                Stream body = encoding switch
                {
                    "gzip" => new GZipStream(context.Response.Body, CompressionLevel.Fastest),
                    "br" => new BrotliStream(context.Response.Body, CompressionLevel.Fastest),
                    "deflate" => new ZLibStream(context.Response.Body, CompressionLevel.Fastest),
                    _ => context.Response.Body,
                };
                byte[] text = Encoding.UTF8.GetBytes("data: " + new string('x', 1 << 16));
                for (int i = 0; i < 10_000 && !context.RequestAborted.IsCancellationRequested; i++)
                {
                    await body.WriteAsync(text, context.RequestAborted);
                }
            }
        );
        EndpointException problem = await FailAsync(
            server,
            new EndpointSettings { Stream = streamed, MaxReplyBytes = 1 << 20 }
        );
        Assert.Equal(EndpointFault.Transient, problem.Fault);
        Assert.Contains("longer than 1048576 bytes", problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("gzip")]
    [InlineData("br")]
    [InlineData("deflate")]
    public async Task Complete_DamagedCompression_IsAFailedCall(string encoding)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            async (context, _) =>
            {
                context.Response.Headers.ContentEncoding = encoding;
                await context.Response.Body.WriteAsync(new byte[] { 0x1F, 0x8B, 8, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9 });
            }
        );
        Assert.Equal(EndpointFault.Transient, (await FailAsync(server)).Fault);
    }

    [Theory]
    [InlineData(301)]
    [InlineData(302)]
    [InlineData(303)]
    [InlineData(307)]
    [InlineData(308)]
    public async Task Complete_Redirect_IsNotFollowed(int status)
    {
        await using ScriptedServer other = await ScriptedServer.StartAsync(_ => Answers.Text("stolen"));
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ =>
            (context, _) =>
            {
                context.Response.StatusCode = status;
                context.Response.Headers.Location = other.BaseUrl + "/chat/completions";
                return Task.CompletedTask;
            }
        );
        Assert.Equal(status, (await FailAsync(server)).Status);
        Assert.Empty(other.Requests);
    }

    public static TheoryData<string, string> Echoes
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach (string key in new[] { _key, "s3cr3t", "ab1", "p@ss/w+rd" })
            {
                byte[] bytes = Encoding.UTF8.GetBytes(key);
                cases.Add(key, key);
                if (key.Length < 6)
                {
                    continue;
                }

                cases.Add(key, Uri.EscapeDataString(key));
                cases.Add(key, string.Concat(bytes.Select(b => $"%{b:x2}")));
                cases.Add(key, string.Concat(key.Select(c => $"\\u{(int)c:x4}")));
                cases.Add(key, string.Concat(key.Select(c => $"&#{(int)c};")));
                cases.Add(key, string.Concat(key.Select(c => $"&#x{(int)c:X};")));
                cases.Add(key, Convert.ToHexString(bytes));
                cases.Add(key, string.Join(' ', key.ToCharArray()));
                cases.Add(key, string.Join('\n', key.Chunk(3).Select(part => new string(part))));
                cases.Add(key, string.Join("\u200b", key.ToCharArray()));
                cases.Add(key, string.Join("\", \"", key.Chunk(4).Select(part => new string(part))));
                cases.Add(key, key.ToUpperInvariant());
                if (key.Length > 8)
                {
                    cases.Add(key, Convert.ToBase64String(bytes));
                    cases.Add(key, Convert.ToBase64String([(byte)'u', (byte)':', .. bytes]));
                    cases.Add(key, Convert.ToBase64String([(byte)'u', .. bytes, (byte)'\n']));
                }
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Echoes))]
    public void Redact_KeyInAnyForm_IsMasked(string key, string echo)
    {
        Secrets secrets = new();
        secrets.Read("KEY", _ => key);
        string redacted = secrets.Redact($"before <{echo}> after");
        Assert.StartsWith("before <", redacted, StringComparison.Ordinal);
        Assert.EndsWith("> after", redacted, StringComparison.Ordinal);
        Assert.Contains("[key]", redacted, StringComparison.Ordinal);
        Assert.True(redacted.Length < 40, redacted);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("EMPTY")]
    [InlineData("dummy")]
    public void Redact_Placeholder_LeavesWordsAlone(string key)
    {
        Secrets secrets = new();
        secrets.Read("KEY", _ => key);
        Assert.Equal($"none EMPTY dummy {key}", secrets.Redact($"none EMPTY dummy {key}"));
    }

    public static TheoryData<string> Ids =>
        [
            """{"choices":[{"token_ids":[100],"finish_reason":"length"}]}""",
            """{"choices":[{"token_ids":[2147483647],"finish_reason":"length"}]}""",
            """{"choices":[{"token_ids":[-1],"finish_reason":"length"}]}""",
            """{"choices":[{"token_ids":[99999999999],"finish_reason":"length"}]}""",
            """{"choices":[{"token_ids":[1.5],"finish_reason":"length"}]}""",
            """{"choices":[{"token_ids":["1"],"finish_reason":"length"}]}""",
            """{"choices":[{"token_ids":[null],"finish_reason":"length"}]}""",
            """{"choices":[{"token_ids":[[1]],"finish_reason":"length"}]}""",
            """{"choices":[{"token_ids":[1],"finish_reason":5}]}""",
            """{"choices":[{"token_ids":[1],"finish_reason":"\ud800"}]}""",
            """{"choices":[{"token_ids":[1]}]}""",
            """{"choices":[{"token_ids":[5],"finish_reason":"stop","stop_reason":100}]}""",
            """{"choices":[{"token_ids":[5],"finish_reason":"stop","stop_reason":-7}]}""",
            """{"choices":[{"token_ids":[1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1,1],"finish_reason":"length"}]}""",
            """{"choices":[5]}""",
            """{"choices":[]}""",
            """{"choices":{}}""",
            """{"choices":null}""",
            "{}",
            "[]",
            "null",
            "",
            "{",
        ];

    [Theory]
    [MemberData(nameof(Ids))]
    public async Task CompleteIds_ReplyThatIsNone_IsAskedForAgainAndThenAnError(string body)
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(_ => Answers.Raw(body));
        using CompletionServer completions = Completions(server);
        await Assert.ThrowsAsync<MttException>(() =>
            completions.CompleteAsync([new CompletionRequest([1], 16, 0) { StopTokens = [2] }], default)
        );
        Assert.Equal(3, server.Requests.Count);
    }

    [Fact]
    public async Task CompleteIds_BadReplyOnce_IsRetried()
    {
        await using ScriptedServer server = await ScriptedServer.StartAsync(request =>
            Answers.Raw(
                request.Number == 1
                    ? """{"choices":[{"token_ids":[100],"finish_reason":"length"}]}"""
                    : """{"choices":[{"token_ids":[99],"finish_reason":"length"}]}"""
            )
        );
        using CompletionServer completions = Completions(server);
        IReadOnlyList<CompletionReply> replies = await completions.CompleteAsync(
            [new CompletionRequest([1], 16, 0) { StopTokens = [2] }],
            default
        );
        Assert.Equal([99], replies[0].Ids);
    }

    private static CompletionServer Completions(ScriptedServer server) =>
        new(
            new EndpointSettings { BaseUrl = server.BaseUrl },
            new RetrySettings { MaxRetries = 2, DelaySeconds = 0.001 },
            "base",
            _ => null,
            TimeProvider.System
        )
        {
            IdLimit = 100,
        };

    private static async Task<EndpointException> FailAsync(ScriptedServer server, EndpointSettings? settings = null)
    {
        EndpointSettings named = (settings ?? new EndpointSettings()) with { BaseUrl = server.BaseUrl };
        using OpenAIChatModel model = new(new("a", named, new Secrets(), _ => _key, TimeProvider.System), named);
        return await Assert.ThrowsAsync<EndpointException>(() => model.CompleteAsync(_request, default));
    }
}
