using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Running;
using MultiTurnTrainer.Serving.SessionApi;

namespace MultiTurnTrainer.Serving.ResponsesApi;

/// <summary><c>/v1/conversations</c>: sessions as OpenAI's API names them.</summary>
internal sealed class ConversationRoutes(SessionLog log, SessionService service, ServedPolicy policy, TurnRunner runner)
{
    public void Map(IEndpointRouteBuilder routes)
    {
        routes.MapPost("/v1/conversations", CreateAsync);
        routes.MapGet("/v1/conversations/{conversation}", ReadAsync);
        routes.MapDelete("/v1/conversations/{conversation}", DeleteAsync);
        routes.MapGet("/v1/conversations/{conversation}/items", ItemsAsync);
        routes.MapPost("/v1/conversations/{conversation}", _ => throw ApiException.Unsupported("conversations.update"));
        routes.MapPost(
            "/v1/conversations/{conversation}/items",
            _ => throw ApiException.Unsupported("conversations.items.create")
        );
    }

    /// <summary>A list as OpenAI's API gives them, whole.</summary>
    public static JsonFields List(IReadOnlyList<JsonFields> items) =>
        new()
        {
            ["object"] = "list",
            ["data"] = items.ToList<object?>(),
            ["first_id"] = items.Count > 0 ? items[0]["id"] : null,
            ["last_id"] = items.Count > 0 ? items[^1]["id"] : null,
            ["has_more"] = false,
        };

    private async Task CreateAsync(HttpContext http)
    {
        JsonFields body = await Json.ReadOptionalAsync(http).ConfigureAwait(false);
        if (
            body.FirstOrDefault(member => member.Key is not ("items" or "metadata") && member.Value is not null).Key is
            { } other
        )
        {
            throw ApiException.Unsupported(other);
        }

        JsonFields session = new() { ["metadata"] = body.Get("metadata") };
        if (body.Get("items") is { } items)
        {
            session["messages"] = ResponseItems.ToMessages(items, "items");
        }

        SessionState state = await service
            .CreateAsync(Tenants.Of(http), SessionRoutes.Created(session, policy), http.RequestAborted)
            .ConfigureAwait(false);
        await Json.WriteAsync(http, Of(state)).ConfigureAwait(false);
    }

    private async Task ReadAsync(HttpContext http) =>
        await Json.WriteAsync(http, Of(await LoadAsync(http).ConfigureAwait(false))).ConfigureAwait(false);

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
                    ["id"] = ResponseJson.ConversationId(session.Id),
                    ["object"] = "conversation.deleted",
                    ["deleted"] = deleted ? true : throw ApiException.NotFound("conversation"),
                }
            )
            .ConfigureAwait(false);
    }

    private async Task ItemsAsync(HttpContext http)
    {
        SessionState state = await LoadAsync(http).ConfigureAwait(false);
        IEnumerable<JsonFields> items = state.Messages.SelectMany(
            (message, i) => ResponseItems.ToItems((JsonFields)JsonTree.Of(message.Json)!, Invariant($"{state.Id}_{i}"))
        );
        bool isOldestFirst = http.Request.Query["order"] == "asc";
        await Json.WriteAsync(http, List([.. isOldestFirst ? items : items.Reverse()])).ConfigureAwait(false);
    }

    private static SessionKey Key(HttpContext http) =>
        new(Tenants.Of(http), ResponseJson.SessionOf(http.Request.RouteValues["conversation"] as string));

    private Task<SessionState> LoadAsync(HttpContext http) => log.LoadAsync(Key(http), http.RequestAborted);

    private static JsonFields Of(SessionState state) =>
        new()
        {
            ["id"] = ResponseJson.ConversationId(state.Id),
            ["object"] = "conversation",
            ["created_at"] = state.CreatedAt.ToUnixTimeSeconds(),
            ["metadata"] = state.Metadata is { } metadata ? metadata : new JsonFields(),
        };
}
