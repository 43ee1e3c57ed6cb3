namespace MultiTurnTrainer.Serving.Upstreams;

/// <summary>One model on one or several servers: they take turns, and what one of them fails to begin another tries.</summary>
/// <param name="model">The model's name, as clients say it.</param>
/// <param name="servers">The servers, with the model's name there.</param>
/// <param name="retry">What to do when they fail.</param>
/// <param name="time">The clock.</param>
internal sealed class EndpointUpstream(
    string model,
    IReadOnlyList<(ChatEndpoint Server, string Model)> servers,
    RetrySettings retry,
    TimeProvider time
) : IUpstream
{
    // A client waits: longer pauses are his to decide.
    private static readonly TimeSpan _longestPause = TimeSpan.FromSeconds(5);

    private readonly ResiliencePipeline _pipeline = new ResiliencePipelineBuilder { TimeProvider = time }
        .AddRetry(
            new RetryStrategyOptions
            {
                MaxRetryAttempts = Math.Max(1, retry.MaxRetries),
                BackoffType = DelayBackoffType.Exponential,
                UseJitter = true,
                Delay = TimeSpan.FromSeconds(retry.DelaySeconds),
                MaxDelay = TimeSpan.FromSeconds(retry.MaxDelaySeconds),
                ShouldHandle = arguments =>
                    ValueTask.FromResult(retry.MaxRetries > 0 && MayPass(arguments.Outcome.Exception)),
                DelayGenerator = arguments =>
                    ValueTask.FromResult((arguments.Outcome.Exception as EndpointException)?.RetryAfter),
            }
        )
        .Build();

    private int _next = -1;

    public string Model => model;

    public async IAsyncEnumerable<JsonFields> StreamAsync(
        JsonFields body,
        string? cacheKey,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        // Until the first piece is here nobody has seen anything, so another attempt is no repetition.
        IAsyncEnumerator<JsonFields> pieces = await _pipeline
            .ExecuteAsync(async token => await OpenAsync(body, cancellation).ConfigureAwait(false), cancellation)
            .ConfigureAwait(false);
        string id = $"chatcmpl-{Guid.NewGuid():N}";
        await using (pieces.ConfigureAwait(false))
        {
            bool isFirst = true;
            do
            {
                Complete(pieces.Current, id, isFirst);
                isFirst = false;
                yield return pieces.Current;
            } while (await pieces.MoveNextAsync().ConfigureAwait(false));
        }
    }

    public async Task<JsonFields> CompleteAsync(JsonFields body, CancellationToken cancellation)
    {
        JsonFields answer = await _pipeline
            .ExecuteAsync(
                async token =>
                {
                    (ChatEndpoint server, string name) = Next();
                    return await server.CompleteAsync(For(body, name), token).ConfigureAwait(false);
                },
                cancellation
            )
            .ConfigureAwait(false);
        answer["model"] = model;
        return answer;
    }

    public void Dispose()
    {
        foreach ((ChatEndpoint server, _) in servers)
        {
            server.Dispose();
        }
    }

    private static bool MayPass(Exception? problem) =>
        problem is EndpointException fault
        && (
            fault.Fault == EndpointFault.Transient
            || (fault.Fault == EndpointFault.RateLimited && !(fault.RetryAfter > _longestPause))
        );

    private static JsonFields For(JsonFields body, string name)
    {
        JsonFields copy = body.Copy();
        copy["model"] = name;
        return copy;
    }

    /// <summary>Compatible servers leave out what OpenAI's own clients insist on.</summary>
    private void Complete(JsonFields chunk, string id, bool isFirst)
    {
        chunk["model"] = model;
        Add(chunk, "id", id);
        Add(chunk, "object", "chat.completion.chunk");
        Add(chunk, "created", time.GetUtcNow().ToUnixTimeSeconds());
        Add(chunk, "choices", new List<object?>());
        int index = 0;
        foreach (JsonFields choice in (chunk["choices"] as List<object?> ?? []).OfType<JsonFields>())
        {
            Add(choice, "index", index);
            index++;
            if (isFirst && choice.Get("delta") is JsonFields delta)
            {
                Add(delta, "role", "assistant");
            }
        }
    }

    private static void Add(JsonFields owner, string name, object value) => owner[name] = owner.Get(name) ?? value;

    private (ChatEndpoint Server, string Model) Next() =>
        servers[(int)((uint)Interlocked.Increment(ref _next) % (uint)servers.Count)];

    private async Task<IAsyncEnumerator<JsonFields>> OpenAsync(JsonFields body, CancellationToken cancellation)
    {
        (ChatEndpoint server, string name) = Next();
        IAsyncEnumerator<JsonFields> pieces = server
            .StreamAsync(For(body, name), cancellation)
            .GetAsyncEnumerator(cancellation);
        try
        {
            return await pieces.MoveNextAsync().ConfigureAwait(false)
                ? pieces
                : throw new EndpointException(EndpointFault.Transient, "the stream was empty");
        }
        catch
        {
            await pieces.DisposeAsync().ConfigureAwait(false);
            throw;
        }
    }
}
