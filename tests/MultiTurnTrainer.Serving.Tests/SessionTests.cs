using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Serving.Settings;
using MultiTurnTrainer.Sessions;
using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.Settings;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Turns;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>Chat completions in sessions, through a real server before a scripted one.</summary>
public class SessionTests
{
    // Answers what was said last, so that an answer shows which question it belongs to.
    private static Answer Echo(Received request) => Answers.Stream(["re: ", request.Messages[^1].Content]);

    [Fact]
    public async Task Turns_OfASession_AreSentWithWhatWasSaidBefore()
    {
        await using TestServer server = await TestServer.StartAsync(Echo);
        string session = await server.BeginAsync("""{"messages": [{"role": "system", "content": "Be brief."}]}""");

        Reply first = await server.SayAsync(session, "one");
        Reply second = await server.StreamAsync(session, "two");

        Assert.Equal("re: one", first.Content);
        Assert.Equal("re: two", second.Streamed);
        Assert.Equal(
            ["Be brief.", "one", "re: one", "two"],
            server.Received[^1].Messages.Select(message => message.Content)
        );
        JsonObject state = (await server.GetAsync($"/v1/sessions/{session}")).Json;
        Assert.Equal(5, state["messages"]!.AsArray().Count);
        Assert.Equal((long?)state["version"], (long?)JsonNode.Parse(second.Events[^2].Data)!["mtt"]!["version"]);
        Assert.Equal(64, session.Length);
    }

    [Fact]
    public async Task Turn_OfAClientThatSendsTheWholeList_TakesOnlyWhatIsNew()
    {
        await using TestServer server = await TestServer.StartAsync(Echo);
        string session = await server.BeginAsync();
        await server.SayAsync(session, "one");

        Reply reply = await server.PostAsync(
            "/v1/chat/completions",
            $$$"""
            {"metadata": {"session_id": "{{{session}}}"}, "messages": [{"role": "user", "content": "one"},
             {"role": "assistant", "content": "re: one"}, {"role": "user", "content": "two"}]}
            """
        );
        Reply other = await server.PostAsync(
            "/v1/chat/completions",
            """{"messages": [{"role": "user", "content": "one"}, {"role": "assistant", "content": "made up"}, {"role": "user", "content": "x"}]}""",
            ("mtt-session", session)
        );

        Assert.Equal("re: two", reply.Content);
        Assert.Equal(3, server.Received[^1].Messages.Count);
        Assert.Equal((409, "history_differs"), (other.Status, other.ErrorCode));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Turn_UnderAKeyThatWasUsed_GivesTheStoredAnswer(bool streamed)
    {
        await using TestServer server = await TestServer.StartAsync(Echo);
        string session = await server.BeginAsync();
        Reply first = await server.SayAsync(session, "one", ("Idempotency-Key", "k1"));

        Reply again = streamed
            ? await server.StreamAsync(session, "one", ("Idempotency-Key", "k1"))
            : await server.SayAsync(session, "one", ("Idempotency-Key", "k1"));
        Reply other = await server.SayAsync(session, "another", ("Idempotency-Key", "k1"));

        Assert.Equal("re: one", streamed ? again.Streamed : again.Content);
        Assert.Equal(first.Header("mtt-turn"), again.Header("mtt-turn"));
        Assert.Single(server.Received);
        Assert.Equal((422, "idempotency_mismatch"), (other.Status, other.ErrorCode));
    }

    [Fact]
    public async Task Turn_UnderAKeyThatIsStillRunning_JoinsTheAnswer()
    {
        TaskCompletionSource go = new();
        await using TestServer server = await TestServer.StartAsync(request =>
            async (context, received) =>
            {
                await go.Task;
                await Echo(request)(context, received);
            }
        );
        string session = await server.BeginAsync();

        Task<Reply> whole = server.SayAsync(session, "one", ("Idempotency-Key", "k1"));
        Task<Reply> streamed = server.StreamAsync(session, "one", ("Idempotency-Key", "k1"));
        await Task.Delay(200);
        go.SetResult();

        Assert.Equal("re: one", (await whole).Content);
        Assert.Equal("re: one", (await streamed).Streamed);
        Assert.Single(server.Received);
        Assert.Equal(2, (await server.GetAsync($"/v1/sessions/{session}")).Json["messages"]!.AsArray().Count);
    }

    [Fact]
    public async Task Turn_OfAStaleVersion_Is409WithTheCurrentOne()
    {
        await using TestServer server = await TestServer.StartAsync(Echo);
        string session = await server.BeginAsync();
        Reply first = await server.SayAsync(session, "one");
        string version = first.Header("mtt-session-version")!;

        Reply second = await server.SayAsync(session, "two", ("mtt-session-version", version));
        Reply stale = await server.SayAsync(session, "three", ("mtt-session-version", version));

        Assert.Equal(200, second.Status);
        Assert.Equal((409, "version_conflict"), (stale.Status, stale.ErrorCode));
        Assert.Equal(second.Header("mtt-session-version"), $"{stale.Json["error"]!["details"]!["version"]}");
    }

    [Fact]
    public async Task Turns_OfSeveralPeople_AreAnsweredOneAfterTheOther()
    {
        await using TestServer server = await TestServer.StartAsync(Echo);
        string session = await server.BeginAsync();

        Reply[] replies = await Task.WhenAll(
            Enumerable.Range(0, 8).Select(i => server.SayAsync(session, $"q{i}", ("mtt-participant", $"p{i}")))
        );

        Assert.All(replies, reply => Assert.Equal(200, reply.Status));
        JsonObject state = (await server.GetAsync($"/v1/sessions/{session}")).Json;
        string[] texts = [.. state["messages"]!.AsArray().Select(message => (string)message!["content"]!)];
        Assert.Equal(16, texts.Length);
        Assert.All(Enumerable.Range(0, 8), i => Assert.Equal($"re: {texts[2 * i]}", texts[(2 * i) + 1]));
        Assert.Equal(
            Enumerable.Range(0, 8).Select(i => texts[2 * i].Replace('q', 'p')),
            state["turns"]!.AsArray().Select(turn => (string?)turn!["participant"])
        );
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Turn_ThatBreaksOff_KeepsThePartialAsideAndMayBeAcknowledged(bool streamed)
    {
        await using TestServer server = await TestServer.StartAsync(request =>
            request.Number == 2 ? Answers.Stream(["half ", "an ans"], ends: false) : Echo(request)
        );
        string session = await server.BeginAsync();
        await server.SayAsync(session, "one");

        Reply broken = streamed ? await server.StreamAsync(session, "two") : await server.SayAsync(session, "two");
        JsonObject error = streamed ? JsonNode.Parse(broken.Events[^1].Data)!.AsObject() : broken.Json;

        Assert.Equal(streamed ? 200 : 502, broken.Status);
        Assert.Equal("turn_interrupted", (string?)error["error"]!["code"]);
        Assert.Equal("half an ans", (string?)error["error"]!["details"]!["partial"]);
        Assert.Equal("upstream", (string?)error["error"]!["details"]!["reason"]);
        JsonObject state = (await server.GetAsync($"/v1/sessions/{session}")).Json;
        Assert.Equal(2, state["messages"]!.AsArray().Count);
        Assert.Equal("interrupted", (string?)state["turns"]![1]!["status"]);

        string turn = (string)error["error"]!["details"]!["turn"]!;
        Reply wrong = await server.PostAsync(
            $"/v1/sessions/{session}/turns/{turn}/acknowledge",
            """{"text": "something else"}"""
        );
        Reply right = await server.PostAsync(
            $"/v1/sessions/{session}/turns/{turn}/acknowledge",
            """{"text": "half an"}"""
        );
        Reply next = await server.SayAsync(session, "three");

        Assert.Equal(409, wrong.Status);
        Assert.Equal("half an", (string?)right.Json["messages"]![3]!["content"]);
        Assert.Equal(200, next.Status);
        Assert.Equal(
            ["one", "re: one", "two", "half an", "three"],
            server.Received[^1].Messages.Select(message => message.Content)
        );
    }

    [Fact]
    public async Task Turn_WhoseClientLeaves_IsInterruptedWithWhatHadCome()
    {
        await using TestServer server = await TestServer.StartAsync(_ =>
            Answers.Stream(["half ", "an answer"], silentAfter: true)
        );
        string session = await server.BeginAsync();
        using HttpRequestMessage request = new(HttpMethod.Post, "/v1/chat/completions")
        {
            Content = new StringContent(
                """{"stream": true, "messages": [{"role": "user", "content": "one"}]}""",
                Encoding.UTF8,
                "application/json"
            ),
        };
        request.Headers.Add("mtt-session", session);
        HttpResponseMessage response = await server.Client.SendAsync(request, HttpCompletionOption.ResponseHeadersRead);
        await using (Stream body = await response.Content.ReadAsStreamAsync())
        {
            StringBuilder seen = new();
            byte[] buffer = new byte[1024];
            while (!seen.ToString().Contains("an answer", StringComparison.Ordinal))
            {
                seen.Append(Encoding.UTF8.GetString(buffer, 0, await body.ReadAsync(buffer)));
            }
        }

        response.Dispose();
        JsonNode turn = await UntilAsync(
            async () => (await server.GetAsync($"/v1/sessions/{session}")).Json["turns"]![0]!,
            turn => (string?)turn["status"] != "pending"
        );

        Assert.Equal("interrupted", (string?)turn["status"]);
        Assert.Equal("half an answer", (string?)turn["partial"]);
        Assert.Equal("client", (string?)turn["reason"]);
    }

    [Fact]
    public async Task Checkpoints_OfALongAnswer_AreWrittenEvery128Pieces()
    {
        await using TestServer server = await TestServer.StartAsync(
            _ => Answers.Stream([.. Enumerable.Range(0, 400).Select(i => $"{i} ")]),
            plan => plan with { Sessions = plan.Sessions with { CheckpointMilliseconds = 1_000_000 } }
        );
        string session = await server.BeginAsync();

        await server.SayAsync(session, "count");

        JsonArray events = (await server.GetAsync($"/v1/sessions/{session}/events")).Json["data"]!.AsArray();
        Assert.Equal(
            [
                "session_created",
                "turn_begun",
                "turn_checkpointed",
                "turn_checkpointed",
                "turn_checkpointed",
                "turn_committed",
            ],
            events.Select(item => (string)item!["kind"]!)
        );
        Assert.StartsWith("0 1 2 ", (string)events[2]!["data"]!["text"]!, StringComparison.Ordinal);
        Assert.EndsWith(" 127 ", (string)events[2]!["data"]!["text"]!, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Checkpoints_OfASlowAnswer_AreWrittenByTime()
    {
        await using TestServer server = await TestServer.StartAsync(
            _ => Answers.Stream(["a", "b"]),
            plan => plan with { Sessions = plan.Sessions with { CheckpointMilliseconds = 0 } }
        );
        string session = await server.BeginAsync();

        await server.SayAsync(session, "go");

        Assert.Equal(
            2,
            (await server.GetAsync($"/v1/sessions/{session}/events")).Json["data"]!
                .AsArray()
                .Count(item => (string?)item!["kind"] == "turn_checkpointed")
        );
    }

    [Fact]
    public async Task Regenerate_ATurn_KeepsBothAnswers()
    {
        int count = 0;
        await using TestServer server = await TestServer.StartAsync(_ => Answers.Stream([$"answer {++count}"]));
        string session = await server.BeginAsync();
        await server.SayAsync(session, "zero");
        Reply first = await server.SayAsync(session, "one");

        Reply second = await server.PostAsync(
            $"/v1/sessions/{session}/turns/{first.Header("mtt-turn")}/regenerate",
            """{"temperature": 1}"""
        );

        Assert.Equal("answer 3", second.Content);
        Assert.Equal(["zero", "answer 1", "one"], server.Received[^1].Messages.Select(message => message.Content));
        JsonObject state = (await server.GetAsync($"/v1/sessions/{session}")).Json;
        Assert.Equal("answer 3", (string?)state["messages"]![3]!["content"]);
        Assert.Equal(4, state["messages"]!.AsArray().Count);
        Assert.Equal(
            ["answer 1", "answer 2", "answer 3"],
            state["turns"]!.AsArray().Select(turn => (string)turn!["answer"]!["content"]!)
        );
    }

    [Fact]
    public async Task Edit_OfAnAnswer_TakesItsPlaceAndKeepsBoth()
    {
        await using TestServer server = await TestServer.StartAsync(Echo);
        string session = await server.BeginAsync();
        Reply first = await server.SayAsync(session, "one");
        await server.SayAsync(session, "two");
        string edit = $"/v1/sessions/{session}/turns/{first.Header("mtt-turn")}/edit";

        JsonObject state = (await server.PostAsync(edit, """{"content": "One, rather."}""")).Json;

        Assert.Equal("One, rather.", (string?)state["messages"]!.AsArray()[^1]!["content"]);
        Assert.Equal(
            ["replaced", "replaced", "committed"],
            state["turns"]!.AsArray().Select(turn => (string?)turn!["status"])
        );
        Assert.Equal((true, 2), ((bool)state["turns"]![2]!["edit"]!, (int)state["usage"]!["requests"]!));
        Assert.Equal(400, (await server.PostAsync(edit, """{"content": ""}""")).Status);
    }

    [Fact]
    public async Task Fork_AtAVersion_GoesItsOwnWay()
    {
        await using TestServer server = await TestServer.StartAsync(Echo);
        string session = await server.BeginAsync();
        Reply first = await server.SayAsync(session, "one");
        await server.SayAsync(session, "two");

        Reply fork = await server.PostAsync(
            $"/v1/sessions/{session}/fork",
            $$"""{"version": {{first.Header("mtt-session-version")}}}"""
        );
        string other = (string)fork.Json["id"]!;
        await server.SayAsync(other, "three");

        Assert.Equal(201, fork.Status);
        Assert.Equal(["one", "re: one", "three"], server.Received[^1].Messages.Select(message => message.Content));
        Assert.Equal(4, (await server.GetAsync($"/v1/sessions/{session}")).Json["messages"]!.AsArray().Count);
    }

    [Fact]
    public async Task Constraint_OfASession_IsInEveryPromptUntilItIsWithdrawn()
    {
        await using TestServer server = await TestServer.StartAsync(Echo);
        string session = await server.BeginAsync();
        Reply added = await server.PostAsync(
            $"/v1/sessions/{session}/constraints",
            """{"text": "Answer in French."}"""
        );
        string id = (string)added.Json["constraints"]![0]!["id"]!;
        Reply before = await server.GetAsync($"/v1/sessions/{session}/context");
        Assert.Contains(
            "Answer in French.",
            (string?)before.Json["messages"]![0]!["content"],
            StringComparison.Ordinal
        );

        await server.SayAsync(session, "one");
        Assert.Contains(
            server.Received[^1].Messages,
            message => message.Content.Contains("Answer in French.", StringComparison.Ordinal)
        );
        Reply context = await server.GetAsync($"/v1/sessions/{session}/context");
        Assert.Contains("Answer in French.", context.Text, StringComparison.Ordinal);

        await server.SendAsync(new HttpRequestMessage(HttpMethod.Delete, $"/v1/sessions/{session}/constraints/{id}"));
        await server.SayAsync(session, "two");
        Assert.DoesNotContain(
            server.Received[^1].Messages,
            message => message.Content.Contains("Answer in French.", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task Memory_OfAUser_IsInThePromptsOfThoseSessionsThatShareIt()
    {
        await using TestServer server = await TestServer.StartAsync(Echo);
        const string sharing = """{"user": "ann", "shares_memory": true}""";
        string first = await server.BeginAsync(sharing);
        Reply kept = await server.PostAsync(
            $"/v1/sessions/{first}/memory",
            """{"kind": "preference", "name": "tea", "value": "green leaves"}"""
        );
        Assert.Equal(201, kept.Status);
        await server.PostAsync($"/v1/sessions/{first}/memory", """{"kind": "state", "name": "step", "value": "3"}""");

        string second = await server.BeginAsync(sharing);
        await server.SayAsync(second, "one");
        Assert.Contains(
            server.Received[^1].Messages,
            message => message.Content.Contains("green leaves", StringComparison.Ordinal)
        );
        Reply shared = await server.GetAsync($"/v1/sessions/{second}");
        Assert.Equal(["tea"], shared.Json["memory"]!.AsArray().Select(entry => (string?)entry!["name"]));
        string apart = await server.BeginAsync("""{"user": "ann"}""");
        string other = await server.BeginAsync("""{"user": "bob", "shares_memory": true}""");
        Assert.Empty((await server.GetAsync($"/v1/sessions/{apart}")).Json["memory"]!.AsArray());
        Assert.Empty((await server.GetAsync($"/v1/sessions/{other}")).Json["memory"]!.AsArray());

        await server.PostAsync($"/v1/sessions/{second}/memory", """{"kind": "preference", "name": "tea"}""");
        string third = await server.BeginAsync(sharing);
        Assert.Empty((await server.GetAsync($"/v1/sessions/{third}")).Json["memory"]!.AsArray());
    }

    [Fact]
    public async Task Say_WhatFitsAnotherSessionOfTheUser_HasItsExchangeBeforeTheWords()
    {
        ContextPolicy policy = new() { Retrieval = new() { OtherSessions = true } };
        await using TestServer server = await TestServer.StartAsync(Echo, policy: policy);
        const string sharing = """{"user": "ann", "shares_memory": true}""";
        await server.SayAsync(await server.BeginAsync(sharing), "My kettle is made of copper.");
        await server.SayAsync(await server.BeginAsync("{\"user\": \"ann\"}"), "A kettle of tin, kept apart.");
        await server.SayAsync(
            await server.BeginAsync("{\"user\": \"bob\", \"shares_memory\": true}"),
            "Bob's kettle is of silver."
        );
        string second = await server.BeginAsync(sharing);

        await server.SayAsync(second, "What is the kettle made of?");
        string asked = server.Received[^1].Messages[^1].Content;
        await server.SayAsync(second, "Thank you.");

        Assert.StartsWith("[In an earlier conversation, turn 1, ", asked, StringComparison.Ordinal);
        Assert.Contains("User: My kettle is made of copper.", asked, StringComparison.Ordinal);
        Assert.EndsWith("]\n\nWhat is the kettle made of?", asked, StringComparison.Ordinal);
        Assert.DoesNotContain("tin", asked, StringComparison.Ordinal);
        Assert.DoesNotContain("silver", asked, StringComparison.Ordinal);
        // The second prompt goes on from the first, word for word.
        Assert.Contains(server.Received[^1].Messages, message => message.Content == asked);
        Assert.Equal("Thank you.", server.Received[^1].Messages[^1].Content);
    }

    [Theory]
    [InlineData("""{"kind": "wish", "name": "tea", "value": "x"}""", "kind")]
    [InlineData("""{"kind": "state", "name": "constraint c1", "value": "x"}""", "name")]
    [InlineData("""{"kind": "state", "name": "tea", "value": ""}""", "value")]
    public async Task Memory_ThatIsNone_IsRefusedByName(string json, string field)
    {
        await using TestServer server = await TestServer.StartAsync(Echo);
        string session = await server.BeginAsync();

        Reply refused = await server.PostAsync($"/v1/sessions/{session}/memory", json);

        Assert.Equal(400, refused.Status);
        Assert.Equal(field, (string?)refused.Json["error"]!["param"]);
    }

    [Fact]
    public async Task Session_ThatIsDeletedOrReset_IsGone()
    {
        await using TestServer server = await TestServer.StartAsync(Echo);
        string session = await server.BeginAsync();
        await server.SayAsync(session, "one");
        await server.PostAsync($"/v1/sessions/{session}/reset", "{}");
        await server.SayAsync(session, "two");
        Assert.Equal(["two"], server.Received[^1].Messages.Select(message => message.Content));

        Reply deleted = await server.SendAsync(new HttpRequestMessage(HttpMethod.Delete, $"/v1/sessions/{session}"));

        Assert.Equal(200, deleted.Status);
        Assert.Equal(404, (await server.GetAsync($"/v1/sessions/{session}")).Status);
        Assert.Equal(404, (await server.SayAsync(session, "three")).Status);
    }

    [Theory]
    [InlineData("..%2F..%2Fetc%2Fpasswd")]
    [InlineData("x")]
    [InlineData("AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA")]
    [InlineData("0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef")]
    public async Task Session_OfAnIdThatIsNone_Is404(string id)
    {
        await using TestServer server = await TestServer.StartAsync(Echo);

        foreach (string path in new[] { "", "/events", "/context", "/export" })
        {
            Assert.Equal(404, (await server.GetAsync($"/v1/sessions/{id}{path}")).Status);
        }

        Assert.Equal(404, (await server.SayAsync(Uri.UnescapeDataString(id), "hello")).Status);
        Assert.Empty(server.Received);
    }

    [Fact]
    public async Task Tenants_SeeOnlyTheirOwnSessions()
    {
        (string keyA, string hashA) = TenantKeys.New();
        (string keyB, string hashB) = TenantKeys.New();
        await using TestServer server = await TestServer.StartAsync(
            Echo,
            plan =>
                plan with
                {
                    Sessions = plan.Sessions with
                    {
                        Keys = new TenantKeys(
                            new Dictionary<string, IReadOnlyList<string>> { ["a"] = [hashA], ["b"] = [hashB] }
                        ),
                    },
                }
        );
        (string, string) a = ("Authorization", $"Bearer {keyA}");
        (string, string) b = ("Authorization", $"Bearer {keyB}");
        string session = (string)(await server.PostAsync("/v1/sessions", "{}", a)).Json["id"]!;

        Assert.Equal(200, (await server.SayAsync(session, "one", a)).Status);
        Assert.Equal(404, (await server.SayAsync(session, "one", b)).Status);
        Assert.Equal(404, (await server.GetAsync($"/v1/sessions/{session}", b)).Status);
        Assert.Empty((await server.GetAsync("/v1/sessions", b)).Json["data"]!.AsArray());
        Assert.Single((await server.GetAsync("/v1/sessions", a)).Json["data"]!.AsArray());
        Assert.Equal(
            (401, "invalid_api_key"),
            ((await server.GetAsync("/v1/models")).Status, (await server.GetAsync("/v1/models")).ErrorCode)
        );
        Assert.Equal(401, (await server.GetAsync("/v1/models", ("Authorization", "Bearer mtt-wrong"))).Status);
    }

    [Fact]
    public async Task Session_OlderThanItsTime_IsErasedByTheServer()
    {
        MemorySessionStore store = new();
        SessionService before = new(new SessionLog(store, new FixedTime(DateTimeOffset.UtcNow.AddDays(-10))));
        SessionState old = await before.CreateAsync("local", new SessionCreated([]));
        await using TestServer server = await TestServer.StartAsync(
            Echo,
            plan => plan with { Sessions = plan.Sessions with { Store = store, Ttl = TimeSpan.FromDays(1) } }
        );
        string young = await server.BeginAsync();

        int status = await UntilAsync(
            async () => (await server.GetAsync($"/v1/sessions/{old.Id}")).Status,
            code => code != 200
        );

        Assert.Equal(404, status);
        Assert.Equal(200, (await server.GetAsync($"/v1/sessions/{young}")).Status);
    }

    [Fact]
    public async Task Budget_OfTokens_LimitsTheAnswerOrRefusesIt()
    {
        await using TestServer server = await TestServer.StartAsync(
            Echo,
            plan => plan with { Sessions = plan.Sessions with { Budget = new SessionBudget { Tokens = 60 } } }
        );
        string session = await server.BeginAsync();

        await server.SayAsync(session, "one");
        Reply tooLong = await server.SayAsync(session, string.Concat(Enumerable.Repeat("word ", 200)));

        Assert.InRange(server.Received[0].Body.GetProperty("max_tokens").GetInt32(), 1, 59);
        Assert.Equal((429, "turn_interrupted"), (tooLong.Status, tooLong.ErrorCode));
        Assert.Single(server.Received);
    }

    [Fact]
    public async Task Budget_OfASession_StopsOrEscalates()
    {
        await using TestServer stops = await TestServer.StartAsync(
            Echo,
            plan => plan with { Sessions = plan.Sessions with { Budget = new SessionBudget { Requests = 1 } } }
        );
        string session = await stops.BeginAsync();
        await stops.SayAsync(session, "one");
        Reply over = await stops.SayAsync(session, "two");
        Assert.Equal((429, "session_budget_exceeded"), (over.Status, over.ErrorCode));
        Assert.Equal("requests", (string?)over.Json["error"]!["details"]!["which"]);

        await using TestServer escalates = await TestServer.StartAsync(
            request => Answers.Stream([request.Body.GetProperty("model").GetString()!]),
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
                    },
                    Sessions = plan.Sessions with
                    {
                        Budget = new SessionBudget { Requests = 1, EscalateTo = "large" },
                    },
                }
        );
        string other = await escalates.BeginAsync();
        Assert.Equal("upstream-name", (await escalates.SayAsync(other, "one")).Content);
        Assert.Equal("large", (await escalates.SayAsync(other, "two")).Content);
    }

    [Fact]
    public async Task Usage_OfTheServer_CorrectsTheEstimateOfTheNextPrompt()
    {
        await using TestServer server = await TestServer.StartAsync(_ => Answers.Stream(["ok"]));
        string session = await server.BeginAsync();
        Reply before = await server.GetAsync($"/v1/sessions/{session}/context");
        await server.SayAsync(session, new string('x', 4000));

        Reply after = await server.GetAsync($"/v1/sessions/{session}/context");

        // Answers.Stream says that the prompt had 7 tokens, where the estimate was a thousand.
        Assert.True((bool)after.Json["estimated"]!);
        Assert.InRange((int)after.Json["tokens"]!, 7, 60);
        Assert.Equal(3, (int)before.Json["tokens"]!);
    }

    [Fact]
    public async Task Turns_BeforeAFlakyServer_AreCommittedOnceOrMarked()
    {
        Random dice = new(5);
        await using TestServer server = await TestServer.StartAsync(request =>
            dice.Next(100) switch
            {
                < 5 => Answers.Status(500, "down"),
                < 10 => Answers.Cut(),
                < 15 => Answers.Stream(["half"], ends: false),
                < 20 => Answers.Raw("data: {not json\n\n"),
                _ => Echo(request),
            }
        );
        string session = await server.BeginAsync();
        int committed = 0;
        for (int i = 0; i < 60; i++)
        {
            Reply reply = await server.SayAsync(session, $"q{i}");
            committed += reply.Status == 200 ? 1 : 0;
            Assert.True(reply.Status is 200 or 502, reply.Text);
        }

        JsonObject state = (await server.GetAsync($"/v1/sessions/{session}")).Json;
        string?[] statuses = [.. state["turns"]!.AsArray().Select(turn => (string?)turn!["status"])];
        Assert.Equal(60, statuses.Length);
        Assert.Equal(committed, statuses.Count(status => status == "committed"));
        Assert.Equal(60 - committed, statuses.Count(status => status == "interrupted"));
        Assert.Equal(2 * committed, state["messages"]!.AsArray().Count);
        Assert.InRange(committed, 40, 59);
    }

    [Theory]
    [InlineData(OverflowFallback.CompressAndRetry, 400, 1, 200, 2)]
    [InlineData(OverflowFallback.CompressAndRetry, 100_000, 1, 200, 2)]
    [InlineData(OverflowFallback.CompressAndRetry, 100_000, 500, 200, 2)]
    [InlineData(OverflowFallback.Refuse, 400, 1, 400, 1)]
    public async Task OnTokenOverflow_OfTheModel_PromptIsShortenedAndSentAgain(
        OverflowFallback fallback,
        int window,
        int orders,
        int status,
        int calls
    )
    {
        await using TestServer server = await TestServer.StartAsync(
            request =>
                request.Messages.Count > 12
                    ? Answers.Status(400, """{"error": {"message": "maximum context length is 100 tokens"}}""")
                    : Answers.Stream(["ok"]),
            plan =>
                plan with
                {
                    Sessions = plan.Sessions with { Fallbacks = new SessionFallbacks { OnTokenOverflow = fallback } },
                },
            new Context.Policies.ContextPolicy { Window = window, Steps = [] }
        );
        object[] opening =
        [
            new { role = "system", content = string.Concat(Enumerable.Repeat("Be brief. ", orders)) },
            .. Enumerable
                .Range(0, 10)
                .SelectMany(i =>
                    new object[]
                    {
                        new { role = "user", content = $"question {i} about the lamp" },
                        new { role = "assistant", content = $"answer {i}" },
                    }
                ),
        ];
        string session = await server.BeginAsync(JsonSerializer.Serialize(new { messages = opening }));

        Reply reply = await server.SayAsync(session, "now");

        Assert.Equal(status, reply.Status);
        Assert.Equal(calls, server.Received.Count);
        Assert.Contains(
            server.Received[^1].Messages,
            message => message.Content.EndsWith("now", StringComparison.Ordinal)
        );
    }

    [Fact]
    public async Task OnStreamFailure_AcknowledgePartial_MakesWhatCamePartOfTheConversation()
    {
        await using TestServer server = await TestServer.StartAsync(
            _ => Answers.Stream(["half ", "an answer"], ends: false),
            plan =>
                plan with
                {
                    Sessions = plan.Sessions with
                    {
                        Fallbacks = new SessionFallbacks { OnStreamFailure = StreamFallback.AcknowledgePartial },
                    },
                }
        );
        string session = await server.BeginAsync();

        Reply reply = await server.SayAsync(session, "one");

        Assert.Equal("turn_interrupted", reply.ErrorCode);
        JsonObject state = (await server.GetAsync($"/v1/sessions/{session}")).Json;
        Assert.Equal("half an answer", (string?)state["messages"]![1]!["content"]);
        Assert.Equal("acknowledged", (string?)state["turns"]![0]!["status"]);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task Stop_WhileATurnIsAnswered_LetsItFinishOrMarksItAndTellsItsClient(bool finishes)
    {
        MemorySessionStore store = new();
        TaskCompletionSource asked = new();
        await using TestServer server = await TestServer.StartAsync(
            request =>
                async (context, received) =>
                {
                    asked.SetResult();
                    await Task.Delay(100);
                    await Answers.Stream(["half ", "an answer"], silentAfter: !finishes)(context, received);
                },
            plan =>
                plan with
                {
                    Options = plan.Options with { Drain = TimeSpan.FromMilliseconds(finishes ? 20_000 : 400) },
                    Sessions = plan.Sessions with { Store = store },
                }
        );
        string session = await server.BeginAsync();
        Task<Reply> answer = server.StreamAsync(session, "one");
        await asked.Task;

        await server.Server.StopAsync();

        Reply reply = await answer;
        SessionState state = await new SessionLog(store, TimeProvider.System).LoadAsync(
            new SessionKey("local", session)
        );
        SessionTurn turn = Assert.Single(state.Turns);
        Assert.Equal("half an answer", reply.Streamed);
        Assert.Equal(
            finishes ? (TurnStatus.Committed, null) : (TurnStatus.Interrupted, "shutdown"),
            (turn.Status, turn.Reason)
        );
        Assert.Equal(finishes, reply.Events[^1].Data == "[DONE]");
        Assert.Equal(!finishes, reply.Text.Contains("turn_interrupted", StringComparison.Ordinal));
    }

    private sealed class FixedTime(DateTimeOffset now) : TimeProvider
    {
        public override DateTimeOffset GetUtcNow() => now;
    }

    private static async Task<T> UntilAsync<T>(Func<Task<T>> read, Func<T, bool> isDone)
    {
        for (int i = 0; ; i++)
        {
            T value = await read();
            if (isDone(value) || i == 200)
            {
                return value;
            }

            await Task.Delay(50);
        }
    }
}
