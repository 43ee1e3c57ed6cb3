// Folder Http: requests that are let in, bodies, event streams, errors in OpenAI's shape.
// Refuses to know: models, sessions, what a path does.

namespace MultiTurnTrainer.Serving.Http;

/// <summary>A request that gets an error in OpenAI's shape.</summary>
/// <param name="status">The HTTP status.</param>
/// <param name="code">A short name that programs may act upon.</param>
/// <param name="message">What is wrong and what to do.</param>
/// <param name="inner">The cause.</param>
internal sealed class ApiException(int status, string code, string message, Exception? inner = null)
    : Exception(message, inner)
{
    public int Status { get; } = status;

    public string Code { get; } = code;

    /// <summary>The member of the body that is wrong.</summary>
    public string? Param { get; init; }

    /// <summary>When to come back.</summary>
    public TimeSpan? RetryAfter { get; init; }

    /// <summary>What a program may want to know beside the code, such as the current version.</summary>
    public JsonFields? Details { get; init; }

    /// <summary>OpenAI's class of the error.</summary>
    public string Type =>
        Status switch
        {
            401 => "authentication_error",
            403 => "permission_error",
            429 => "rate_limit_error",
            >= 500 => "server_error",
            _ => "invalid_request_error",
        };

    /// <summary><c>{"error": {"message", "type", "param", "code"}}</c>.</summary>
    public JsonFields Body()
    {
        JsonFields error = new()
        {
            ["message"] = Message,
            ["type"] = Type,
            ["param"] = Param,
            ["code"] = Code,
        };
        if (Details is not null)
        {
            error["details"] = Details;
        }

        return new JsonFields { ["error"] = error };
    }

    /// <summary>A member of the body that cannot be meant.</summary>
    public static ApiException Invalid(string param, string message) =>
        new(400, "invalid_value", $"{param}: {message}") { Param = param };

    /// <summary>Something of OpenAI's API that this server does not have.</summary>
    public static ApiException Unsupported(string param) =>
        new(400, "unsupported_parameter", $"{param}: this server does not support it; leave it out") { Param = param };

    /// <summary>What has no such name, or belongs to somebody else: the two look alike.</summary>
    public static ApiException NotFound(string what) => new(404, "not_found", $"There is no such {what}.");
}
