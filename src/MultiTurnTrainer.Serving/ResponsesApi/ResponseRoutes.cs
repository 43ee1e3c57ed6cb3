using MultiTurnTrainer.Serving.Chats;
using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Running;
using MultiTurnTrainer.Serving.SessionApi;
using MultiTurnTrainer.Serving.Settings;

namespace MultiTurnTrainer.Serving.ResponsesApi;

/// <summary><c>/v1/responses</c>.</summary>
internal sealed class ResponseRoutes(
    SessionLog log,
    SessionService service,
    ServedPolicy policy,
    TurnRunner runner,
    ServerOptions options,
    TimeProvider time
)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/responses", CreateAsync);
        routes.MapGet("/v1/responses/{response}", ReadAsync);
        routes.MapDelete("/v1/responses/{response}", DeleteAsync);
        routes.MapGet("/v1/responses/{response}/input_items", InputItemsAsync);
        routes.MapPost("/v1/responses/{response}/cancel", _ => throw ApiException.Unsupported("responses.cancel"));
    }

    private async Task CreateAsync(HttpContext http)
    {
        ResponseRequest request = ResponseRequest.Read(await Json.ReadAsync(http).ConfigureAwait(false));
        ChatBody chat = request.ToChat();
        string session = await SessionOfAsync(http, request).ConfigureAwait(false);
        TurnOrder order = SessionRequest.OrderOf(http, session, chat) with { Instructions = request.Instructions };
        LiveTurn live = await runner.StartAsync(order, http.RequestAborted).ConfigureAwait(false);
        SessionChats.Say(http.Response.Headers, live);
        if (request.IsStreamed)
        {
            await StreamAsync(http, live, request).ConfigureAwait(false);
            return;
        }

        await foreach (JsonView _ in live.ReadAsync(http.RequestAborted).ConfigureAwait(false))
        {
            // The whole answer is what counts.
        }

        SessionState state = await live.Outcome.ConfigureAwait(false);
        JsonFields response = ResponseJson.Ended(state, state.FindTurn(live.Turn.Id)!);
        Echo(response, request);
        await Json.WriteAsync(http, response).ConfigureAwait(false);
    }

    private async Task StreamAsync(HttpContext http, LiveTurn live, ResponseRequest request)
    {
        CancellationToken gone = http.RequestAborted;
        IAsyncEnumerator<JsonView> chunks = live.ReadAsync(gone).GetAsyncEnumerator(gone);
        await using (chunks.ConfigureAwait(false))
        {
            bool more = await chunks.MoveNextAsync().ConfigureAwait(false);
            EventStream stream = await EventStream.BeginAsync(http, options.Heartbeat, time).ConfigureAwait(false);
            ResponseStream events = new(stream, live);
            try
            {
                await events.BeginAsync().ConfigureAwait(false);
                while (more)
                {
                    await events.AddAsync(chunks.Current).ConfigureAwait(false);
                    more = await stream.NextAsync(chunks, gone).ConfigureAwait(false);
                }

                await events.EndAsync(await live.Outcome.ConfigureAwait(false)).ConfigureAwait(false);
            }
            catch (ApiException problem)
            {
                await events.FailAsync(problem).ConfigureAwait(false);
            }
        }
    }

    private async Task ReadAsync(HttpContext http)
    {
        (SessionState state, SessionTurn turn) = await FindAsync(http).ConfigureAwait(false);
        await Json.WriteAsync(http, ResponseJson.Ended(state, turn)).ConfigureAwait(false);
    }

    // Nothing that is erased may be left in a log: a response goes with its session, where it is all that the session has.
    private async Task DeleteAsync(HttpContext http)
    {
        (SessionState state, SessionTurn turn) = await FindAsync(http).ConfigureAwait(false);
        if (!state.IsWhole || state.Turns.Count > 1)
        {
            throw new ApiException(
                409,
                "response_has_others",
                $"Other responses belong to the same conversation; DELETE /v1/sessions/{state.Id} erases all of them."
            );
        }

        await runner
            .AloneAsync(state.Key, () => log.DeleteAsync(state.Key, http.RequestAborted), http.RequestAborted)
            .ConfigureAwait(false);
        JsonFields deleted = new()
        {
            ["id"] = ResponseJson.Id(turn.Id),
            ["object"] = "response",
            ["deleted"] = true,
        };
        await Json.WriteAsync(http, deleted).ConfigureAwait(false);
    }

    private async Task InputItemsAsync(HttpContext http)
    {
        (_, SessionTurn turn) = await FindAsync(http).ConfigureAwait(false);
        IEnumerable<JsonFields> items = turn.Messages.SelectMany(
            (message, i) => ResponseItems.ToItems((JsonFields)JsonTree.Of(message)!, Invariant($"{turn.Id}_{i}"))
        );
        await Json.WriteAsync(http, ConversationRoutes.List([.. items])).ConfigureAwait(false);
    }

    private async Task<(SessionState State, SessionTurn Turn)> FindAsync(HttpContext http)
    {
        string turn = ResponseJson.TurnOf(http.Request.RouteValues["response"] as string);
        string tenant = Tenants.Of(http);
        SessionKey session =
            await log.Store.FindTurnAsync(tenant, turn, http.RequestAborted).ConfigureAwait(false)
            ?? throw ApiException.NotFound("response");
        SessionState state = await log.LoadWithTurnAsync(session, turn, http.RequestAborted).ConfigureAwait(false);
        return (state, state.FindTurn(turn) ?? throw ApiException.NotFound("response"));
    }

    /// <summary>The session of a request: its conversation's, that of the response before it, or a new one.</summary>
    private async Task<string> SessionOfAsync(HttpContext http, ResponseRequest request)
    {
        string tenant = Tenants.Of(http);
        if (request.Conversation is { } conversation)
        {
            return ResponseJson.SessionOf(conversation);
        }

        if (request.Previous is { } previous)
        {
            return await FollowAsync(http, tenant, ResponseJson.TurnOf(previous)).ConfigureAwait(false);
        }

        SessionCreated created = new(
            [],
            Policy: PolicyStamp.Of(policy.Policy),
            Model: (string?)request.Body.Get("model")
        );
        return (await service.CreateAsync(tenant, created, http.RequestAborted).ConfigureAwait(false)).Id;
    }

    // A response that another one follows already is the root of a branch: the branch gets a session of its own.
    private async Task<string> FollowAsync(HttpContext http, string tenant, string turn)
    {
        SessionKey session =
            await log.Store.FindTurnAsync(tenant, turn, http.RequestAborted).ConfigureAwait(false)
            ?? throw ApiException.NotFound("response");
        SessionState state = await log.LoadWithTurnAsync(session, turn, http.RequestAborted).ConfigureAwait(false);
        SessionTurn before = state.FindTurn(turn) ?? throw ApiException.NotFound("response");
        SessionTurn? next = state.Turns.FirstOrDefault(other => other.Version > before.Version);
        if (next is null)
        {
            return session.Id;
        }

        SessionState fork = await service
            .ForkAsync(session, next.Version - 1, http.RequestAborted)
            .ConfigureAwait(false);
        return fork.Id;
    }

    private static void Echo(JsonFields response, ResponseRequest request)
    {
        foreach (
            string member in new[]
            {
                "instructions",
                "metadata",
                "previous_response_id",
                "temperature",
                "top_p",
                "tools",
            }
        )
        {
            if (request.Body.Get(member) is { } value)
            {
                response[member] = value;
            }
        }
    }
}
