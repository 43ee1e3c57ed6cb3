namespace MultiTurnTrainer.Serving.Http;

/// <summary><c>/openapi.json</c>: what this server understands.</summary>
internal static class OpenApiDocument
{
    /// <summary>The document.</summary>
    public static byte[] Bytes { get; } = Read();

    public static void Map(IEndpointRouteBuilder routes) =>
        routes.MapGet(
            "/openapi.json",
            async http =>
            {
                http.Response.ContentType = "application/json";
                await http.Response.Body.WriteAsync(Bytes, http.RequestAborted).ConfigureAwait(false);
            }
        );

    private static byte[] Read()
    {
        using Stream stream = typeof(OpenApiDocument).Assembly.GetManifestResourceStream("openapi.json")!;
        byte[] bytes = new byte[stream.Length];
        stream.ReadExactly(bytes);
        return bytes;
    }
}
