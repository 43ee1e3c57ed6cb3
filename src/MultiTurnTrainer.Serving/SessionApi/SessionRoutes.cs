using MultiTurnTrainer.Serving.Chats;
using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Running;

namespace MultiTurnTrainer.Serving.SessionApi;

/// <summary><c>/v1/sessions</c>: what may be done to a session beside answering in it.</summary>
internal sealed class SessionRoutes(
    SessionLog log,
    SessionService service,
    SessionTurns turns,
    SessionContexts contexts,
    ServedPolicy policy,
    TurnRunner runner,
    SessionChats chats
)
{
    private const int MostListed = 1000;

    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/sessions", CreateAsync);
        routes.MapGet("/v1/sessions", ListAsync);
        routes.MapGet("/v1/sessions/{session}", ReadAsync);
        routes.MapDelete("/v1/sessions/{session}", DeleteAsync);
        routes.MapGet("/v1/sessions/{session}/events", EventsAsync);
        routes.MapGet("/v1/sessions/{session}/context", ContextAsync);
        routes.MapGet("/v1/sessions/{session}/export", ExportAsync);
        routes.MapPost("/v1/sessions/{session}/constraints", AddConstraintAsync);
        routes.MapDelete("/v1/sessions/{session}/constraints/{constraint}", WithdrawAsync);
        routes.MapPost("/v1/sessions/{session}/memory", RememberAsync);
        routes.MapPost("/v1/sessions/{session}/fork", ForkAsync);
        routes.MapPost("/v1/sessions/{session}/reset", ResetAsync);
        routes.MapPost("/v1/sessions/{session}/turns/{turn}/regenerate", RegenerateAsync);
        routes.MapPost("/v1/sessions/{session}/turns/{turn}/edit", EditAsync);
        routes.MapPost("/v1/sessions/{session}/turns/{turn}/acknowledge", AcknowledgeAsync);
        routes.MapPost("/v1/sessions/{session}/turns/{turn}/rollback", RollBackAsync);
    }

    /// <summary>A session as clients begin it.</summary>
    public static SessionCreated Created(JsonFields body, ServedPolicy policy)
    {
        List<object?> messages = Json.List(body, "messages") ?? [];
        if (messages.Count > 0)
        {
            ChatBody.Read(new JsonFields { ["messages"] = messages });
        }

        return new SessionCreated(
            [.. messages.Select(message => JsonText.ToView(message))],
            Json.List(body, "tools") is { } tools ? JsonText.ToView(tools) : null,
            Json.Object(body, "metadata") is { } metadata ? JsonText.ToView(metadata) : null,
            PolicyStamp.Of(policy.Policy),
            Json.Text(body, "model"),
            Json.Text(body, "user"),
            Json.Flag(body, "shares_memory")
        );
    }

    private async Task CreateAsync(HttpContext http)
    {
        JsonFields body = await Json.ReadOptionalAsync(http).ConfigureAwait(false);
        SessionState state = await service
            .CreateAsync(Tenants.Of(http), Created(body, policy), http.RequestAborted)
            .ConfigureAwait(false);
        await WriteAsync(http, state, 201).ConfigureAwait(false);
    }

    private async Task ListAsync(HttpContext http)
    {
        int limit =
            int.TryParse(http.Request.Query["limit"], CultureInfo.InvariantCulture, out int most) && most > 0
                ? Math.Min(most, MostListed)
                : 100;
        SessionQuery query = new()
        {
            Tenant = Tenants.Of(http),
            User = http.Request.Query["user"].ToString() is { Length: > 0 } user ? user : null,
            Limit = limit,
        };
        List<object?> data = [];
        await foreach (SessionHeader header in service.ListAsync(query, http.RequestAborted).ConfigureAwait(false))
        {
            data.Add(
                new JsonFields
                {
                    ["id"] = header.Id,
                    ["object"] = "session",
                    ["version"] = header.Version,
                    ["created_at"] = header.CreatedAt.ToUnixTimeSeconds(),
                    ["updated_at"] = header.UpdatedAt.ToUnixTimeSeconds(),
                    ["user"] = header.User,
                    ["pending"] = header.Pending,
                }
            );
        }

        await Json.WriteAsync(http, new JsonFields { ["object"] = "list", ["data"] = data }).ConfigureAwait(false);
    }

    private async Task ReadAsync(HttpContext http)
    {
        SessionKey session = Key(http);
        SessionState state = Version(http) is { } version
            ? await log.LoadAsync(session, version, http.RequestAborted).ConfigureAwait(false)
            : await log.LoadAsync(session, http.RequestAborted).ConfigureAwait(false);
        await WriteAsync(http, state).ConfigureAwait(false);
    }

    private async Task DeleteAsync(HttpContext http)
    {
        SessionKey session = Key(http);
        bool deleted = await runner
            .AloneAsync(session, () => log.DeleteAsync(session, http.RequestAborted), http.RequestAborted)
            .ConfigureAwait(false);
        await Json.WriteAsync(
                http,
                new JsonFields
                {
                    ["id"] = session.Id,
                    ["object"] = "session.deleted",
                    ["deleted"] = deleted ? true : throw ApiException.NotFound("session"),
                }
            )
            .ConfigureAwait(false);
    }

    private async Task EventsAsync(HttpContext http)
    {
        SessionKey session = Key(http);
        _ = long.TryParse(http.Request.Query["after"], NumberStyles.None, CultureInfo.InvariantCulture, out long after);
        List<object?> data = [];
        foreach (LoggedEvent logged in await log.EventsAsync(session, after, http.RequestAborted).ConfigureAwait(false))
        {
            data.Add(
                new JsonFields
                {
                    ["version"] = logged.Version,
                    ["at"] = logged.At.ToString("O"),
                    ["kind"] = EventJson.KindOf(logged.Event),
                    ["data"] = JsonView.Parse(EventJson.Write(logged.Event)),
                }
            );
        }

        await Json.WriteAsync(http, new JsonFields { ["object"] = "list", ["data"] = data }).ConfigureAwait(false);
    }

    /// <summary>The prompt that would be sent now, or at a version: of a turn that is pending there, the one it is answered from.</summary>
    private async Task ContextAsync(HttpContext http)
    {
        SessionKey session = Key(http);
        AssembledContext context = Version(http) is { } version
            ? contexts.AsOf(await log.LoadAsync(session, version, http.RequestAborted).ConfigureAwait(false))
            : await runner
                .AloneAsync(session, () => NextPromptAsync(session, http.RequestAborted), http.RequestAborted)
                .ConfigureAwait(false);
        ContextHeaders.Write(http.Response.Headers, context);
        await Json.WriteAsync(http, ContextJson.Of(context, policy)).ConfigureAwait(false);
    }

    private async Task<AssembledContext> NextPromptAsync(SessionKey session, CancellationToken cancellation) =>
        await contexts
            .NextAsync(await log.RecentAsync(session, cancellation).ConfigureAwait(false), cancellation)
            .ConfigureAwait(false);

    private async Task ExportAsync(HttpContext http)
    {
        SessionKey session = Key(http);
        SessionState state = await log.LoadAsync(session, http.RequestAborted).ConfigureAwait(false);
        await Json.WriteAsync(http, SessionRow.Of(state)).ConfigureAwait(false);
    }

    private async Task AddConstraintAsync(HttpContext http)
    {
        SessionKey session = Key(http);
        JsonFields body = await Json.ReadAsync(http).ConfigureAwait(false);
        SessionState state = await service
            .AddConstraintAsync(session, Words(body, "text"), Json.Flag(body, "non_negotiable"), http.RequestAborted)
            .ConfigureAwait(false);
        await WriteAsync(http, state, 201).ConfigureAwait(false);
    }

    private async Task WithdrawAsync(HttpContext http)
    {
        SessionKey session = Key(http);
        string constraint = (string)http.Request.RouteValues["constraint"]!;
        SessionState state = await service
            .WithdrawConstraintAsync(session, constraint, http.RequestAborted)
            .ConfigureAwait(false);
        await WriteAsync(http, state).ConfigureAwait(false);
    }

    private async Task RememberAsync(HttpContext http)
    {
        SessionKey session = Key(http);
        JsonFields body = await Json.ReadAsync(http).ConfigureAwait(false);
        MemoryKind kind = Json.Text(body, "kind") switch
        {
            "state" => MemoryKind.State,
            "preference" => MemoryKind.Preference,
            "goal" => MemoryKind.Goal,
            _ => throw ApiException.Invalid("kind", "must be state, preference or goal"),
        };
        // Without spaces it cannot be the name of a constraint, which the policy reads beside it.
        string name =
            Json.Text(body, "name") is { Length: > 0 and <= 64 } word
            && word.All(c => char.IsAsciiLetterOrDigit(c) || c is '_' or '-' or '.')
                ? word
                : throw ApiException.Invalid("name", "1 to 64 letters, digits, '_', '-' or '.' are needed");
        string? value = Json.Text(body, "value") is null ? null : Words(body, "value");
        SessionState state = await service
            .RememberAsync(session, new MemoryChanged(kind, name, value), http.RequestAborted)
            .ConfigureAwait(false);
        await WriteAsync(http, state, 201).ConfigureAwait(false);
    }

    private async Task ForkAsync(HttpContext http)
    {
        SessionKey session = Key(http);
        JsonFields body = await Json.ReadOptionalAsync(http).ConfigureAwait(false);
        double? version = Json.Number(body, "version", 1, long.MaxValue);
        SessionState state = await service
            .ForkAsync(session, (long?)version, http.RequestAborted)
            .ConfigureAwait(false);
        await WriteAsync(http, state, 201).ConfigureAwait(false);
    }

    private Task ResetAsync(HttpContext http) =>
        ChangeAsync(
            http,
            (session, body) => service.ResetAsync(session, !Json.Flag(body, "forget_constraints"), http.RequestAborted)
        );

    private Task EditAsync(HttpContext http)
    {
        string turn = SessionRequest.Id(http, "turn");
        return ChangeAsync(
            http,
            (session, body) =>
            {
                string text = Json.Text(body, "content") is { Length: > 0 } words
                    ? words
                    : throw ApiException.Invalid("content", "the answer as it should be is needed");
                JsonFields answer = new() { ["role"] = "assistant", ["content"] = text };
                return turns.EditAsync(session, turn, JsonText.ToView(answer), http.RequestAborted);
            }
        );
    }

    private Task AcknowledgeAsync(HttpContext http)
    {
        string turn = SessionRequest.Id(http, "turn");
        return ChangeAsync(
            http,
            (session, body) => turns.AcknowledgeAsync(session, turn, Json.Text(body, "text"), http.RequestAborted)
        );
    }

    private Task RollBackAsync(HttpContext http)
    {
        string turn = SessionRequest.Id(http, "turn");
        return ChangeAsync(http, (session, _) => turns.RollBackAsync(session, turn, http.RequestAborted));
    }

    private async Task RegenerateAsync(HttpContext http)
    {
        string turn = SessionRequest.Id(http, "turn");
        JsonFields body = await Json.ReadOptionalAsync(http).ConfigureAwait(false);
        // The question is the turn's; a chat has at least one message.
        body["messages"] = new List<object?>
        {
            new JsonFields { ["role"] = "user", ["content"] = "" },
        };
        ChatBody chat = ChatBody.Read(body);
        TurnOrder order = SessionRequest.OrderOf(http, Key(http).Id, chat) with { Replaces = turn };
        await chats.AnswerAsync(http, order, chat).ConfigureAwait(false);
    }

    private async Task ChangeAsync(HttpContext http, Func<SessionKey, JsonFields, Task<SessionState>> change)
    {
        SessionKey session = Key(http);
        JsonFields body = await Json.ReadOptionalAsync(http).ConfigureAwait(false);
        SessionState state = await runner
            .AloneAsync(session, () => change(session, body), http.RequestAborted)
            .ConfigureAwait(false);
        await WriteAsync(http, state).ConfigureAwait(false);
    }

    private static long? Version(HttpContext http) =>
        http.Request.Query["version"].ToString() switch
        {
            "" => null,
            var text when long.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out long version) =>
                version,
            _ => throw ApiException.Invalid("version", "must be a number"),
        };

    private static string Words(JsonFields body, string name) =>
        Json.Text(body, name) is { Length: > 0 and <= 4096 } words
            ? words
            : throw ApiException.Invalid(name, "1 to 4096 characters are needed");

    private static SessionKey Key(HttpContext http) => new(Tenants.Of(http), SessionRequest.Id(http));

    private async Task WriteAsync(HttpContext http, SessionState state, int status = 200)
    {
        SessionState whole = state.IsWhole
            ? state
            : await log.LoadAsync(state.Key, state.Version, http.RequestAborted).ConfigureAwait(false);
        http.Response.Headers[ContextHeaders.Session] = state.Id;
        http.Response.Headers[ContextHeaders.Version] = Invariant($"{state.Version}");
        await Json.WriteAsync(http, SessionJson.Of(whole), status).ConfigureAwait(false);
    }
}
