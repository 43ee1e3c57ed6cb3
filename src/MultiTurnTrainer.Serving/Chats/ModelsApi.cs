using MultiTurnTrainer.Serving.Http;
using MultiTurnTrainer.Serving.Upstreams;

namespace MultiTurnTrainer.Serving.Chats;

/// <summary><c>/v1/models</c>: what answers here.</summary>
internal static class ModelsApi
{
    public static void Map(IEndpointRouteBuilder routes, UpstreamSet upstreams, TimeProvider time)
    {
        long started = time.GetUtcNow().ToUnixTimeSeconds();
        JsonFields Model(string name) =>
            new()
            {
                ["id"] = name,
                ["object"] = "model",
                ["created"] = started,
                ["owned_by"] = "mtt",
            };
        routes.MapGet(
            "/v1/models",
            http =>
                Json.WriteAsync(
                    http,
                    new JsonFields { ["object"] = "list", ["data"] = upstreams.Names.Select(Model).ToList<object?>() }
                )
        );
        routes.MapGet(
            "/v1/models/{**name}",
            http => Json.WriteAsync(http, Model(upstreams.Find(http.Request.RouteValues["name"] as string).Model))
        );
    }
}
