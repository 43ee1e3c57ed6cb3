using MultiTurnTrainer.Inference.Settings;

namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>
/// One server with its limits: requests in flight, rates, the pause it asked for, a time-out per attempt, and a circuit
/// breaker that counts 5xx, cut connections and time-outs (not 429, which the pause answers).
/// </summary>
internal sealed class Endpoint : IDisposable
{
    private readonly IChatModel _model;
    private readonly TimeProvider _time;
    private readonly SemaphoreSlim _slots;
    private readonly RateLimiter? _requests;
    private readonly RateLimiter? _tokens;
    private readonly ResiliencePipeline<ChatReply> _pipeline;
    private long _closedUntil;

    public Endpoint(string name, EndpointSettings settings, IChatModel model, TimeProvider time)
    {
        Name = name;
        Weight = settings.Weight;
        _model = model;
        _time = time;
        _slots = new SemaphoreSlim(settings.MaxConcurrency);
        _requests = settings.RequestsPerMinute is { } requests ? new RateLimiter(requests, time) : null;
        _tokens = settings.TokensPerMinute is { } tokens ? new RateLimiter(tokens, time) : null;
        _pipeline = new ResiliencePipelineBuilder<ChatReply> { TimeProvider = time }
            .AddCircuitBreaker(
                new CircuitBreakerStrategyOptions<ChatReply>
                {
                    FailureRatio = settings.Circuit.FailureRatio,
                    MinimumThroughput = settings.Circuit.MinimumRequests,
                    SamplingDuration = TimeSpan.FromSeconds(settings.Circuit.WindowSeconds),
                    BreakDuration = TimeSpan.FromSeconds(settings.Circuit.BreakSeconds),
                    ShouldHandle = new PredicateBuilder<ChatReply>()
                        .Handle<EndpointException>(problem => problem.Fault == EndpointFault.Transient)
                        .Handle<TimeoutRejectedException>(),
                    OnOpened = opened =>
                    {
                        PauseFor(opened.BreakDuration);
                        return ValueTask.CompletedTask;
                    },
                }
            )
            .AddTimeout(TimeSpan.FromSeconds(settings.TimeoutSeconds))
            .Build();
    }

    /// <summary>The name in the settings.</summary>
    public string Name { get; }

    /// <summary>Its share of the calls.</summary>
    public double Weight { get; }

    /// <summary>How long it wants to be left alone; zero when it may be called.</summary>
    public TimeSpan Pause =>
        TimeSpan.FromTicks(Math.Max(0, Interlocked.Read(ref _closedUntil) - _time.GetUtcNow().UtcTicks));

    /// <summary>One attempt, after waiting for its turn.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="starting">Called when the attempt begins, after every wait; may throw to prevent it.</param>
    /// <param name="cancellation">Ends waiting and attempt.</param>
    /// <exception cref="EndpointException">It failed.</exception>
    /// <exception cref="BrokenCircuitException">The circuit is open; nothing was sent.</exception>
    public async Task<ChatReply> SendAsync(ChatRequest request, Action starting, CancellationToken cancellation)
    {
        await _slots.WaitAsync(cancellation).ConfigureAwait(false);
        try
        {
            int expected = request.EstimatePromptTokens() + (request.MaxTokens / 4);
            await DelayAsync(_requests?.Take(1), cancellation).ConfigureAwait(false);
            await DelayAsync(_tokens?.Take(expected), cancellation).ConfigureAwait(false);
            ChatReply reply = await _pipeline
                .ExecuteAsync(
                    async token =>
                    {
                        starting();
                        return await _model.CompleteAsync(request, token).ConfigureAwait(false);
                    },
                    cancellation
                )
                .ConfigureAwait(false);
            _tokens?.Correct(reply.PromptTokens + reply.CompletionTokens - expected);
            return reply;
        }
        catch (TimeoutRejectedException problem)
        {
            throw new EndpointException(
                EndpointFault.Transient,
                $"no whole answer within {problem.Timeout.TotalSeconds:0.#} s",
                problem
            );
        }
        catch (EndpointException problem) when (problem is { Fault: EndpointFault.RateLimited, RetryAfter: { } delay })
        {
            PauseFor(delay);
            throw;
        }
        finally
        {
            _slots.Release();
        }
    }

    public void Dispose()
    {
        _slots.Dispose();
        (_model as IDisposable)?.Dispose();
    }

    private void PauseFor(TimeSpan delay)
    {
        long until = (_time.GetUtcNow() + delay).UtcTicks;
        long known = Interlocked.Read(ref _closedUntil);
        while (known < until && Interlocked.CompareExchange(ref _closedUntil, until, known) != known)
        {
            known = Interlocked.Read(ref _closedUntil);
        }
    }

    private Task DelayAsync(TimeSpan? delay, CancellationToken cancellation) =>
        delay > TimeSpan.Zero ? Task.Delay(delay.Value, _time, cancellation) : Task.CompletedTask;
}
