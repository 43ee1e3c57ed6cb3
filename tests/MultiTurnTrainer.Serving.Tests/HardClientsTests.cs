using System.Diagnostics;
using System.Globalization;
using System.Net.Sockets;
using System.Text;
using System.Text.Json.Nodes;
using Microsoft.AspNetCore.Http;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Inference.Tests.Server;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>Clients, servers and clocks that do what they should not.</summary>
public class HardClientsTests
{
    private static Answer Echo(Received request) => Answers.Stream(["re: ", request.Messages[^1].Content]);

    [Fact]
    public async Task Turn_OfAClientThatReadsNothing_IsCommittedAndHoldsNobodyUp()
    {
        string[] pieces = [.. Enumerable.Range(0, 2000).Select(i => $"{i} {new string('x', 1000)}")];
        await using TestServer server = await TestServer.StartAsync(request =>
            request.Messages[^1].Content == "long" ? Answers.Stream(pieces) : Echo(request)
        );
        string other = await server.BeginAsync();
        List<(TcpClient Client, string Session)> slow = [];
        for (int i = 0; i < 8; i++)
        {
            string session = await server.BeginAsync();
            slow.Add((await AskAsync(server, session, "long"), session));
        }

        for (int i = 0; i < 20; i++)
        {
            Assert.Equal($"re: q{i}", (await server.SayAsync(other, $"q{i}")).Content);
        }

        foreach ((TcpClient client, string session) in slow)
        {
            // Two megabytes are beyond what the connection holds: the turn does not wait for them to be read.
            JsonNode turn = await UntilAsync(
                async () => (await server.GetAsync($"/v1/sessions/{session}")).Json["turns"]![0]!,
                turn => (string?)turn["status"] != "pending"
            );
            Assert.Equal("committed", (string?)turn["status"]);
            client.Dispose();
        }
    }

    [Fact]
    public async Task Turn_BeforeAServerThatSaysNothingUseful_IsInterruptedInTime()
    {
        await using TestServer server = await TestServer.StartAsync(request =>
            request.Messages[^1].Content == "drip" ? Answers.Drip() : Echo(request)
        );
        string session = await server.BeginAsync();
        string other = await server.BeginAsync();

        Task<Reply> drip = server.SayAsync(session, "drip");
        Reply fine = await server.SayAsync(other, "one");
        using CancellationTokenSource patience = new(TimeSpan.FromMinutes(2));
        Reply reply = await drip.WaitAsync(patience.Token);

        Assert.Equal("re: one", fine.Content);
        Assert.Equal((502, "turn_interrupted"), (reply.Status, reply.ErrorCode));
        Assert.Equal("re: again", (await server.SayAsync(session, "again")).Content);
    }

    [Theory]
    [InlineData(1, 40_000)]
    [InlineData(200, 10)]
    public async Task Request_WithHugeHeaders_Is431AndTheNextIsServed(int count, int length)
    {
        await using TestServer server = await TestServer.StartAsync(Echo);
        string session = await server.BeginAsync();

        Reply refused = await server.SayAsync(
            session,
            "one",
            [.. Enumerable.Range(0, count).Select(i => ($"x-{i}", new string('h', length)))]
        );

        Assert.Equal(431, refused.Status);
        Assert.Empty(server.Received);
        Assert.Equal("re: two", (await server.SayAsync(session, "two")).Content);
    }

    [Fact]
    public async Task Turns_WithAClockThatIsSetBack_KeepTheirOrder()
    {
        SetBack clock = new();
        await using TestServer server = await TestServer.StartAsync(Echo, plan => plan with { Time = clock });
        string session = await server.BeginAsync();

        for (int i = 0; i < 3; i++)
        {
            Assert.Equal($"re: q{i}", (await server.SayAsync(session, $"q{i}")).Content);
            clock.Now = clock.Now.AddDays(-40);
        }

        DateTimeOffset[] times =
        [
            .. (await server.GetAsync($"/v1/sessions/{session}/events")).Json["data"]!
                .AsArray()
                .Select(item => (DateTimeOffset)item!["at"]!),
        ];
        Assert.Equal(7, times.Length);
        Assert.Equal(times.Order(), times);
    }

    [Theory]
    [InlineData("/v1/responses/..%2F..%2Fetc%2Fpasswd")]
    [InlineData("/v1/responses/resp_..%2F..%2Fs.db")]
    [InlineData("/v1/conversations/conv_..%2F..%2Fetc%2Fpasswd")]
    [InlineData("/v1/conversations/conv_0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef/items")]
    [InlineData("/v1/models/..%2F..%2Fetc%2Fpasswd")]
    public async Task Get_OfAPathInPlaceOfAnId_Is404(string path)
    {
        await using TestServer server = await TestServer.StartAsync(Echo);

        Reply reply = await server.GetAsync(path);

        Assert.Equal(404, reply.Status);
        Assert.DoesNotContain("root:", reply.Text, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Notices_OfThePolicy_AreEventsAndMembersAndHeadersSayTheMode()
    {
        ContextPolicy policy = new()
        {
            Window = 400,
            Summary = new() { MaxTokens = 60 },
            Steps =
            [
                new()
                {
                    When = new() { Fraction = 0.5 },
                    Do = [StepAction.SummarizeTurns, StepAction.Notify],
                    To = 0.3,
                },
            ],
        };
        await using TestServer server = await TestServer.StartAsync(_ => Uncounted, policy: policy);
        Reply[] whole = await TalkAsync(server, server.SayAsync);
        Reply[] streamed = await TalkAsync(server, server.StreamAsync);

        Assert.Equal("full", whole[0].Header("mtt-context-mode"));
        Assert.Equal("summarised", whole[^1].Header("mtt-context-mode"));
        Assert.All(
            whole.Concat(streamed),
            reply => Assert.InRange(double.Parse(reply.Header("mtt-context-used")!, CultureInfo.InvariantCulture), 0, 1)
        );
        Assert.Contains("summarized", whole.SelectMany(reply => Codes(reply.Json["mtt"]!["notices"]!)));
        (string? _, string data) = streamed
            .SelectMany(reply => reply.Events)
            .First(item => item.Name == "context.notice");
        Assert.Equal("summarized", (string?)JsonNode.Parse(data)!["notice"]!["code"]);
        Assert.Empty(JsonNode.Parse(data)!["choices"]!.AsArray());
    }

    // Without usage the server's own estimates stand.
    private static async Task Uncounted(HttpContext context, Received request)
    {
        context.Response.ContentType = "text/event-stream";
        await context.Response.WriteAsync(
            """
            data: {"choices":[{"delta":{"content":"I look where it is."}}]}

            data: {"choices":[{"delta":{},"finish_reason":"stop"}]}

            data: [DONE]


            """
        );
    }

    private static async Task<Reply[]> TalkAsync(
        TestServer server,
        Func<string, string, (string, string)[], Task<Reply>> ask
    )
    {
        string session = await server.BeginAsync();
        List<Reply> replies = [];
        for (int i = 0; i < 20; i++)
        {
            replies.Add(
                await ask(session, $"My order {i} of {i + 3} lamps has not come, please look where it is.", [])
            );
        }

        return [.. replies];
    }

    private static string[] Codes(JsonNode notices) =>
        [.. notices.AsArray().Select(notice => (string)notice!["code"]!)];

    /// <summary>Asks, and reads nothing of the answer.</summary>
    private static async Task<TcpClient> AskAsync(TestServer server, string session, string text)
    {
        Uri address = new(server.Server.Url);
        TcpClient client = new() { ReceiveBufferSize = 4096 };
        await client.ConnectAsync(address.Host, address.Port);
        string body = $$"""{"stream": true, "messages": [{"role": "user", "content": "{{text}}"}]}""";
        string request =
            $"POST /v1/chat/completions HTTP/1.1\r\nHost: {address.Authority}\r\nmtt-session: {session}\r\n"
            + $"Content-Type: application/json\r\nContent-Length: {body.Length}\r\n\r\n{body}";
        await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(request));
        return client;
    }

    private static async Task<T> UntilAsync<T>(Func<Task<T>> read, Func<T, bool> isDone)
    {
        long start = Stopwatch.GetTimestamp();
        while (true)
        {
            T value = await read();
            if (isDone(value) || Stopwatch.GetElapsedTime(start) > TimeSpan.FromMinutes(1))
            {
                return value;
            }

            await Task.Delay(50);
        }
    }

    private sealed class SetBack : TimeProvider
    {
        public DateTimeOffset Now { get; set; } = new(2026, 3, 1, 12, 0, 0, TimeSpan.Zero);

        public override DateTimeOffset GetUtcNow() => Now;
    }
}
