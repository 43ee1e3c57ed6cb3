using MultiTurnTrainer.Inference.Settings;

namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>
/// One OpenAI-compatible server, one attempt at a time, with chat completions as the JSON they are: what a client asks for
/// and this program does not know goes through.
/// </summary>
public sealed class ChatEndpoint : IDisposable
{
    private const string ChatPath = "chat/completions";

    private readonly OpenAIConnection _connection;
    private readonly EndpointSettings _settings;
    private readonly TimeSpan _idle;

    /// <summary>Prepares a connection; nothing is sent.</summary>
    /// <param name="name">Its name in messages.</param>
    /// <param name="settings">Where it is.</param>
    /// <param name="environment">Reads environment variables: the only source of keys.</param>
    /// <param name="time">The clock.</param>
    /// <exception cref="MttException">It is no address, or holds a secret.</exception>
    public ChatEndpoint(string name, EndpointSettings settings, Func<string, string?> environment, TimeProvider time)
    {
        Name = name;
        _settings = settings;
        _idle = TimeSpan.FromSeconds(settings.IdleTimeoutSeconds);
        _connection = new OpenAIConnection(name, settings, new Secrets(), environment, time);
    }

    /// <summary>Its name in messages.</summary>
    public string Name { get; }

    /// <summary>A whole answer.</summary>
    /// <param name="body">The request, with the model's name on this server.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="EndpointException">There was none.</exception>
    public async Task<JsonFields> CompleteAsync(JsonFields body, CancellationToken cancellation)
    {
        using CancellationTokenSource limit = Limit(cancellation);
        return await NextAsync(
                () =>
                    _connection.PostAsync(
                        ChatPath,
                        Write(body),
                        content => Read(content.ToString(), "choices"),
                        limit.Token
                    ),
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>An answer as it comes.</summary>
    /// <param name="body">The request, with the model's name on this server and <c>stream</c>.</param>
    /// <param name="cancellation">Ends it.</param>
    /// <exception cref="EndpointException">There was none, it was cut, silent for too long, or no JSON.</exception>
    public async IAsyncEnumerable<JsonFields> StreamAsync(
        JsonFields body,
        [EnumeratorCancellation] CancellationToken cancellation
    )
    {
        using CancellationTokenSource limit = Limit(cancellation);
        using CancellationTokenSource silence = new(_idle, _connection.Time);
        using var ended = CancellationTokenSource.CreateLinkedTokenSource(limit.Token, silence.Token);
        using PipelineResponse response = await NextAsync(
                () => _connection.OpenAsync(ChatPath, Write(body), ended.Token),
                cancellation
            )
            .ConfigureAwait(false);
        IAsyncEnumerator<SseItem<string>> items = SseParser
            .Create(response.ContentStream!)
            .EnumerateAsync(ended.Token)
            .GetAsyncEnumerator(ended.Token);
        await using (items.ConfigureAwait(false))
        {
            bool finished = false;
            while (
                await NextAsync(() => items.MoveNextAsync().AsTask(), cancellation).ConfigureAwait(false)
                && items.Current.Data != "[DONE]"
            )
            {
                silence.CancelAfter(_idle);
                JsonFields chunk = await NextAsync(() => Task.FromResult(Read(items.Current.Data, null)), cancellation)
                    .ConfigureAwait(false);
                finished |= IsLast(chunk);
                yield return chunk;
            }

            if (!finished)
            {
                throw new EndpointException(EndpointFault.Transient, "the stream was cut before its end");
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private static byte[] Write(JsonFields body) => JsonText.LineBytes(body);

    private static bool IsLast(JsonFields chunk) =>
        chunk.Get("choices") is List<object?> choices
        && choices.Exists(choice => choice is JsonFields known && known.Get("finish_reason") is not null);

    private CancellationTokenSource Limit(CancellationToken cancellation)
    {
        var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        limit.CancelAfter(TimeSpan.FromSeconds(_settings.TimeoutSeconds));
        return limit;
    }

    // Our own limits are the server's failure; a cancellation by the caller is not.
    private Task<T> NextAsync<T>(Func<Task<T>> next, CancellationToken cancellation) =>
        _connection.GuardAsync(
            async () =>
            {
                try
                {
                    return await next().ConfigureAwait(false);
                }
                catch (OperationCanceledException problem) when (!cancellation.IsCancellationRequested)
                {
                    throw new EndpointException(
                        EndpointFault.Transient,
                        "no answer, or none that went on, in time",
                        problem
                    );
                }
            },
            cancellation
        );

    private JsonFields Read(string text, string? needed)
    {
        JsonFields body =
            JsonTree.Read(Encoding.UTF8.GetBytes(_connection.Secrets.Redact(text))) as JsonFields
            ?? throw new EndpointException(EndpointFault.Transient, "the answer is not a JSON object");
        if (body.Get("error") is not null)
        {
            throw new EndpointException(EndpointFault.Transient, "the server answered 200 with an error inside");
        }

        return needed is null || body.Get(needed) is not null
            ? body
            : throw new EndpointException(EndpointFault.Transient, $"the answer holds no {needed}");
    }
}
