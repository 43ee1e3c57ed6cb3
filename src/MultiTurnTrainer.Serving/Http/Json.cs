namespace MultiTurnTrainer.Serving.Http;

/// <summary>JSON bodies, read with bounds and written as every file of mtt is.</summary>
internal static class Json
{
    // Deep enough for tool schemas, far from a stack's end.
    private static readonly JsonDocumentOptions _strict = new() { MaxDepth = 128, AllowDuplicateProperties = false };

    /// <summary>The body of a request, an object.</summary>
    /// <exception cref="ApiException">It is none.</exception>
    public static async Task<JsonObject> ReadAsync(HttpContext http)
    {
        try
        {
            JsonNode? node = await JsonNode
                .ParseAsync(http.Request.Body, null, _strict, http.RequestAborted)
                .ConfigureAwait(false);
            // A text with half of a surrogate pair can be written to nobody.
            JsonSerializer.Serialize(Stream.Null, node, JsonText.Compact);
            return node as JsonObject ?? throw new ApiException(400, "invalid_json", "The body must be a JSON object.");
        }
        catch (Exception problem) when (problem is JsonException or InvalidOperationException)
        {
            // The latter for a name with half of a surrogate pair.
            throw new ApiException(400, "invalid_json", $"The body is not valid JSON: {problem.Message}", problem);
        }
    }

    /// <summary>The body of a request that may have none.</summary>
    public static async Task<JsonObject> ReadOptionalAsync(HttpContext http) =>
        http.Request.ContentLength is null or 0 && !http.Request.Headers.ContainsKey("Transfer-Encoding")
            ? []
            : await ReadAsync(http).ConfigureAwait(false);

    /// <summary>Answers with JSON.</summary>
    public static async Task WriteAsync(HttpContext http, JsonNode body, int status = 200)
    {
        byte[] bytes = JsonSerializer.SerializeToUtf8Bytes(body, JsonText.Compact);
        http.Response.StatusCode = status;
        http.Response.ContentType = "application/json";
        http.Response.ContentLength = bytes.Length;
        await http.Response.Body.WriteAsync(bytes, http.RequestAborted).ConfigureAwait(false);
    }

    /// <summary>Answers with an error; where an answer has begun the connection is dropped instead.</summary>
    public static async Task WriteErrorAsync(HttpContext http, ApiException problem)
    {
        if (http.Response.HasStarted)
        {
            http.Abort();
            return;
        }

        // What was prepared for a good answer does not belong to this one, its mtt- headers do.
        http.Response.ContentLength = null;
        if (problem.RetryAfter is { } delay)
        {
            http.Response.Headers.RetryAfter = Invariant($"{Math.Ceiling(delay.TotalSeconds):0}");
        }

        await WriteAsync(http, problem.Body(), problem.Status).ConfigureAwait(false);
    }

    /// <summary>A text member; null where it is absent or null.</summary>
    /// <exception cref="ApiException">It is something else.</exception>
    public static string? Text(JsonObject body, string name) =>
        body[name] switch
        {
            null => null,
            JsonValue value when value.TryGetValue(out string? text) => text,
            _ => throw ApiException.Invalid(name, "must be a string"),
        };

    /// <summary>A truth; false where it is absent or null.</summary>
    /// <exception cref="ApiException">It is something else.</exception>
    public static bool Flag(JsonObject body, string name) =>
        body[name] switch
        {
            null => false,
            JsonValue value when value.TryGetValue(out bool flag) => flag,
            _ => throw ApiException.Invalid(name, "must be true or false"),
        };

    /// <summary>A number within bounds; null where it is absent or null.</summary>
    /// <exception cref="ApiException">It is something else.</exception>
    public static double? Number(JsonObject body, string name, double least, double most) =>
        body[name] switch
        {
            null => null,
            JsonValue value when value.TryGetValue(out double number) && number >= least && number <= most => number,
            _ => throw ApiException.Invalid(name, Invariant($"must be a number from {least} to {most}")),
        };

    /// <summary>An object; null where it is absent or null.</summary>
    /// <exception cref="ApiException">It is something else.</exception>
    public static JsonObject? Object(JsonObject body, string name) =>
        body[name] switch
        {
            null => null,
            JsonObject value => value,
            _ => throw ApiException.Invalid(name, "must be an object"),
        };

    /// <summary>A list; null where it is absent or null.</summary>
    /// <exception cref="ApiException">It is something else.</exception>
    public static JsonArray? List(JsonObject body, string name) =>
        body[name] switch
        {
            null => null,
            JsonArray value => value,
            _ => throw ApiException.Invalid(name, "must be a list"),
        };

    /// <summary>A node as an element, which no later change of the node reaches.</summary>
    public static JsonView Element(JsonNode node) => JsonText.ToView(node);

    /// <summary>An element as a node of its own.</summary>
    public static JsonNode Node(JsonView element) =>
        JsonNode.Parse(element.RawUtf8, null, new JsonDocumentOptions { MaxDepth = 256 })!;
}
