namespace MultiTurnTrainer.Serving.Http;

/// <summary>JSON bodies, read with bounds and written as every file of mtt is.</summary>
internal static class Json
{
    /// <summary>The body of a request, an object.</summary>
    /// <exception cref="ApiException">It is no JSON object, or one that can be written to nobody.</exception>
    public static async Task<JsonFields> ReadAsync(HttpContext http)
    {
        try
        {
            using MemoryStream bytes = new();
            await http.Request.Body.CopyToAsync(bytes, http.RequestAborted).ConfigureAwait(false);
            ReadOnlyMemory<byte> text = bytes.GetBuffer().AsMemory(0, (int)bytes.Length);
            // Some clients begin a body with a byte order mark, which a reader may pass over.
            return JsonTree.Read(text.Span.StartsWith("\uFEFF"u8) ? text[3..] : text) as JsonFields
                ?? throw new ApiException(400, "invalid_json", "The body must be a JSON object.");
        }
        catch (FormatException problem)
        {
            throw new ApiException(400, "invalid_json", $"The body is not valid JSON: {problem.Message}", problem);
        }
    }

    /// <summary>The body of a request that may have none.</summary>
    public static async Task<JsonFields> ReadOptionalAsync(HttpContext http) =>
        http.Request.ContentLength is null or 0 && !http.Request.Headers.ContainsKey("Transfer-Encoding")
            ? []
            : await ReadAsync(http).ConfigureAwait(false);

    /// <summary>Answers with JSON.</summary>
    public static async Task WriteAsync(HttpContext http, object body, int status = 200)
    {
        byte[] bytes = JsonText.LineBytes(body);
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
    public static string? Text(JsonFields body, string name) =>
        body.Get(name) switch
        {
            null => null,
            string text => text,
            _ => throw ApiException.Invalid(name, "must be a string"),
        };

    /// <summary>A truth; false where it is absent or null.</summary>
    /// <exception cref="ApiException">It is something else.</exception>
    public static bool Flag(JsonFields body, string name) =>
        body.Get(name) switch
        {
            null => false,
            bool flag => flag,
            _ => throw ApiException.Invalid(name, "must be true or false"),
        };

    /// <summary>A number within bounds; null where it is absent or null.</summary>
    /// <exception cref="ApiException">It is something else.</exception>
    public static double? Number(JsonFields body, string name, double least, double most) =>
        body.Get(name) switch
        {
            null => null,
            { } value when ToNumber(value) is { } number && number >= least && number <= most => number,
            _ => throw ApiException.Invalid(name, Invariant($"must be a number from {least} to {most}")),
        };

    /// <summary>An object; null where it is absent or null.</summary>
    /// <exception cref="ApiException">It is something else.</exception>
    public static JsonFields? Object(JsonFields body, string name) =>
        body.Get(name) switch
        {
            null => null,
            JsonFields value => value,
            _ => throw ApiException.Invalid(name, "must be an object"),
        };

    /// <summary>A list; null where it is absent or null.</summary>
    /// <exception cref="ApiException">It is something else.</exception>
    public static List<object?>? List(JsonFields body, string name) =>
        body.Get(name) switch
        {
            null => null,
            List<object?> value => value,
            _ => throw ApiException.Invalid(name, "must be a list"),
        };

    /// <summary>A whole number, read or made here; null where it is none.</summary>
    public static int? ToInteger(object? value) =>
        value switch
        {
            int number => number,
            JsonView read when read.TryGetInt32(out int number) => number,
            _ => null,
        };

    private static double? ToNumber(object value) =>
        value switch
        {
            int or long => Convert.ToDouble(value, CultureInfo.InvariantCulture),
            JsonView read when read.TryGetDouble(out double number) => number,
            _ => null,
        };
}
