namespace MultiTurnTrainer.Serving.Http;

/// <summary>Server-Sent Events to one client, with a comment whenever nothing else was sent for a while.</summary>
internal sealed class EventStream
{
    private readonly HttpContext _http;
    private readonly TimeSpan _heartbeat;
    private readonly TimeProvider _time;
    private readonly ArrayBufferWriter<byte> _buffer = new();

    private EventStream(HttpContext http, TimeSpan heartbeat, TimeProvider time) =>
        (_http, _heartbeat, _time) = (http, heartbeat, time);

    /// <summary>Begins the answer; its headers are sent at once.</summary>
    public static async Task<EventStream> BeginAsync(HttpContext http, TimeSpan heartbeat, TimeProvider time)
    {
        http.Response.ContentType = "text/event-stream; charset=utf-8";
        http.Response.Headers.CacheControl = "no-cache";
        // A proxy that collects an answer would hide that it streams.
        http.Response.Headers["X-Accel-Buffering"] = "no";
        http.Features.Get<IHttpResponseBodyFeature>()?.DisableBuffering();
        EventStream stream = new(http, heartbeat, time);
        await http.Response.StartAsync(http.RequestAborted).ConfigureAwait(false);
        return stream;
    }

    /// <summary>One event.</summary>
    public Task SendAsync(JsonFields data, string? name = null) => SendAsync(JsonText.LineBytes(data), name);

    /// <summary>One event, as mtt has written it.</summary>
    public Task SendAsync(JsonView data) => SendAsync(data.RawUtf8, null);

    /// <summary>The end of an answer of the chat API.</summary>
    public Task SendDoneAsync()
    {
        _buffer.Clear();
        Write("data: [DONE]\n\n");
        return FlushAsync();
    }

    /// <summary>Waits for a source's next item, with a heartbeat while it is silent.</summary>
    public async Task<bool> NextAsync<T>(IAsyncEnumerator<T> items, CancellationToken cancellation)
    {
        ValueTask<bool> next = items.MoveNextAsync();
        if (next.IsCompletedSuccessfully)
        {
            return next.Result;
        }

        Task<bool> waiting = next.AsTask();
        try
        {
            while (true)
            {
                try
                {
                    return await waiting.WaitAsync(_heartbeat, _time, cancellation).ConfigureAwait(false);
                }
                catch (TimeoutException) when (!waiting.IsCompleted)
                {
                    _buffer.Clear();
                    Write(": still here\n\n");
                    await FlushAsync().ConfigureAwait(false);
                }
            }
        }
        finally
        {
            if (!waiting.IsCompleted)
            {
                // The source is asked to end by the same token; it must have ended before it is disposed of.
                await waiting.ContinueWith(_ => { }, TaskScheduler.Default).ConfigureAwait(false);
            }
        }
    }

    private Task SendAsync(ReadOnlySpan<byte> json, string? name)
    {
        _buffer.Clear();
        if (name is not null)
        {
            Write($"event: {name}\n");
        }

        Write("data: ");
        _buffer.Write(json);
        Write("\n\n");
        return FlushAsync();
    }

    private void Write(string text) => Encoding.UTF8.GetBytes(text, _buffer);

    private async Task FlushAsync()
    {
        await _http.Response.Body.WriteAsync(_buffer.WrittenMemory, _http.RequestAborted).ConfigureAwait(false);
        await _http.Response.Body.FlushAsync(_http.RequestAborted).ConfigureAwait(false);
    }
}
