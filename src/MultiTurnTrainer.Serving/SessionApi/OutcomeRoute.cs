using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Running;

namespace MultiTurnTrainer.Serving.SessionApi;

/// <summary><c>POST /v1/sessions/ID/outcome</c>: how a session ended, for those who count.</summary>
internal sealed class OutcomeRoute(SessionService service, TurnRunner runner)
{
    public void Map(IEndpointRouteBuilder routes) => routes.MapPost("/v1/sessions/{session}/outcome", MarkAsync);

    private async Task MarkAsync(HttpContext http)
    {
        SessionKey session = new(Tenants.Of(http), SessionRequest.Id(http));
        JsonFields body = await Json.ReadOptionalAsync(http).ConfigureAwait(false);
        string outcome =
            Json.Text(body, "outcome") is { } word && SessionService.IsOutcome(word)
                ? word
                : throw ApiException.Invalid("outcome", "one word of small letters, such as resolved, is needed");
        SessionState state = await runner
            .AloneAsync(session, () => service.MarkAsync(session, outcome, http.RequestAborted), http.RequestAborted)
            .ConfigureAwait(false);
        await Json.WriteAsync(
                http,
                new JsonFields
                {
                    ["id"] = state.Id,
                    ["object"] = "session.outcome",
                    ["outcome"] = outcome,
                    ["version"] = state.Version,
                }
            )
            .ConfigureAwait(false);
    }
}
