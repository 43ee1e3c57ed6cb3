// Folder Upstreams: whatever answers a prompt, by a model's name: servers, or a model in this process.
// Refuses to know: HTTP clients of ours, sessions, policies.

namespace MultiTurnTrainer.Serving.Upstreams;

/// <summary>A model that answers chat completions, in OpenAI's JSON.</summary>
internal interface IUpstream : IDisposable
{
    /// <summary>The model's name, as clients say it.</summary>
    string Model { get; }

    /// <summary>Answers, piece by piece: chunks as OpenAI's API streams them, the last with <c>usage</c>.</summary>
    /// <param name="body">The request.</param>
    /// <param name="cacheKey">Whose keys and values a model in this process may use; null for nobody's.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="EndpointException">The answer does not come, or breaks off.</exception>
    IAsyncEnumerable<JsonFields> StreamAsync(JsonFields body, string? cacheKey, CancellationToken cancellation);

    /// <summary>Forgets what is kept under a cache key.</summary>
    void Forget(string cacheKey) { }

    /// <summary>A whole answer.</summary>
    /// <param name="body">The request.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="EndpointException">There is none.</exception>
    Task<JsonFields> CompleteAsync(JsonFields body, CancellationToken cancellation);
}
