// Folder Endpoints: OpenAI-compatible servers: requests, retries, pauses, limits.
// Refuses to know: roles of a review, budgets.
using MultiTurnTrainer.Inference.Settings;

namespace MultiTurnTrainer.Inference.Endpoints;

/// <summary>
/// All endpoints of a run. A call's first endpoint is drawn by weight from the call's own hash, so that it does not
/// depend on timing; a retry goes to the next endpoint that is not paused. Retries wait exponentially with jitter, or as
/// long as the server says.
/// </summary>
internal sealed class EndpointPool : IDisposable
{
    private static readonly TimeSpan _halfASecond = TimeSpan.FromSeconds(0.5);

    private readonly Dictionary<string, Endpoint> _endpoints;
    private readonly IReadOnlyList<string> _remote;
    private readonly RetrySettings _retry;
    private readonly TimeProvider _time;
    private readonly Random _random;
    private readonly Lock _lock = new();
    private long? _failingSince;

    public EndpointPool(IEnumerable<Endpoint> endpoints, RetrySettings retry, TimeProvider time, int seed)
    {
        _endpoints = endpoints.ToDictionary(endpoint => endpoint.Name, StringComparer.Ordinal);
        _remote =
        [
            .. _endpoints
                .Keys.Where(name => !name.StartsWith(LocalName(""), StringComparison.Ordinal))
                .Order(StringComparer.Ordinal),
        ];
        _retry = retry;
        _time = time;
        _random = new Random(seed);
    }

    /// <summary>One call: as many attempts as the settings allow.</summary>
    /// <param name="request">What to ask.</param>
    /// <param name="names">The endpoints that may serve it; all where empty.</param>
    /// <param name="log">Told of every attempt.</param>
    /// <param name="cancellation">Ends the call.</param>
    /// <exception cref="EndpointException">No attempt succeeded.</exception>
    /// <exception cref="MttException">No endpoint has answered for too long.</exception>
    public async Task<ChatReply> SendAsync(
        ChatRequest request,
        IReadOnlyList<string> names,
        AttemptLog log,
        CancellationToken cancellation
    )
    {
        IReadOnlyList<Endpoint> order = Order(request, names);
        int attempt = 0;
        ResiliencePipeline<ChatReply> pipeline = new ResiliencePipelineBuilder<ChatReply> { TimeProvider = _time }
            .AddRetry(Options(log))
            .Build();
        return await pipeline
            .ExecuteAsync(
                async token => await AttemptAsync(request, order, attempt++, log, token).ConfigureAwait(false),
                cancellation
            )
            .ConfigureAwait(false);
    }

    /// <summary>The name of the endpoint that stands for a local model folder.</summary>
    public static string LocalName(string model) => $"local:{model}";

    public void Dispose()
    {
        foreach (Endpoint endpoint in _endpoints.Values)
        {
            endpoint.Dispose();
        }
    }

    /// <summary>The endpoints in the order in which a call tries them: drawn by weight without replacement.</summary>
    internal IReadOnlyList<Endpoint> Order(ChatRequest request, IReadOnlyList<string> names)
    {
        if (_endpoints.TryGetValue(LocalName(request.Model), out Endpoint? local))
        {
            return [local];
        }

        List<Endpoint> left = [.. (names.Count == 0 ? _remote : names).Select(name => _endpoints[name])];
        if (left.Count == 1)
        {
            return left;
        }

        // The weights are exact in the long run because the hash is uniform.
        Random draw = new(int.Parse(request.Hash().AsSpan(0, 7), System.Globalization.NumberStyles.HexNumber));
        List<Endpoint> order = [];
        while (left.Count > 0)
        {
            double at = draw.NextDouble() * left.Sum(endpoint => endpoint.Weight);
            int chosen = 0;
            while (chosen < left.Count - 1 && (at -= left[chosen].Weight) >= 0)
            {
                chosen++;
            }

            order.Add(left[chosen]);
            left.RemoveAt(chosen);
        }

        return order;
    }

    private async Task<ChatReply> AttemptAsync(
        ChatRequest request,
        IReadOnlyList<Endpoint> order,
        int attempt,
        AttemptLog log,
        CancellationToken cancellation
    )
    {
        while (true)
        {
            Endpoint endpoint = await ChooseAsync(order, attempt, cancellation).ConfigureAwait(false);
            try
            {
                ChatReply reply = await endpoint
                    .SendAsync(request, () => log.Starting(endpoint.Name), cancellation)
                    .ConfigureAwait(false);
                Note(failing: false);
                return reply;
            }
            catch (BrokenCircuitException problem)
            {
                // Nothing was sent, so this is no attempt; another call is probing the server.
                TimeSpan wait = problem.RetryAfter is { } after && after > TimeSpan.Zero ? after : _halfASecond;
                await Task.Delay(wait < _halfASecond ? wait : _halfASecond, _time, cancellation).ConfigureAwait(false);
            }
            catch (EndpointException problem)
            {
                // A server that refuses this request is there all the same.
                Note(failing: problem.Fault == EndpointFault.Transient);
                throw;
            }
        }
    }

    /// <summary>The next endpoint that is not paused; waits where all are.</summary>
    private async Task<Endpoint> ChooseAsync(IReadOnlyList<Endpoint> order, int attempt, CancellationToken cancellation)
    {
        while (true)
        {
            ThrowOnOutage();
            TimeSpan shortest = TimeSpan.MaxValue;
            for (int i = 0; i < order.Count; i++)
            {
                Endpoint endpoint = order[(attempt + i) % order.Count];
                TimeSpan pause = endpoint.Pause;
                if (pause <= TimeSpan.Zero)
                {
                    return endpoint;
                }

                shortest = pause < shortest ? pause : shortest;
            }

            await Task.Delay(shortest < _halfASecond ? shortest : _halfASecond, _time, cancellation)
                .ConfigureAwait(false);
        }
    }

    private void Note(bool failing)
    {
        lock (_lock)
        {
            _failingSince = failing ? _failingSince ?? _time.GetTimestamp() : null;
        }
    }

    private void ThrowOnOutage()
    {
        lock (_lock)
        {
            if (
                _failingSince is { } since
                && _time.GetElapsedTime(since) is var silent
                && silent.TotalSeconds > _retry.MaxOutageSeconds
            )
            {
                throw new MttException(
                    $"no endpoint has answered for {silent.TotalSeconds:0} s",
                    "The state is saved: see to the server, then run the same command with --resume."
                );
            }
        }
    }

    private RetryStrategyOptions<ChatReply> Options(AttemptLog log) =>
        new()
        {
            MaxRetryAttempts = Math.Max(1, _retry.MaxRetries),
            BackoffType = DelayBackoffType.Exponential,
            UseJitter = true,
            Delay = TimeSpan.FromSeconds(_retry.DelaySeconds),
            MaxDelay = TimeSpan.FromSeconds(_retry.MaxDelaySeconds),
            Randomizer = NextRandom,
            ShouldHandle = arguments => ValueTask.FromResult(ShouldRetry(arguments.Outcome.Exception)),
            DelayGenerator = arguments => ValueTask.FromResult(ServersDelay(arguments.Outcome.Exception)),
            OnRetry = arguments =>
            {
                log.Failed(arguments.Outcome.Exception!.Message);
                return ValueTask.CompletedTask;
            },
        };

    private bool ShouldRetry(Exception? problem) =>
        _retry.MaxRetries > 0
        && problem is EndpointException { MayPass: true } fault
        && !(fault.RetryAfter?.TotalSeconds > _retry.MaxRetryAfterSeconds);

    private TimeSpan? ServersDelay(Exception? problem) =>
        problem is EndpointException { RetryAfter: { } delay }
            // Some more, so that the calls that were turned away do not come back at once.
            ? delay + (delay * 0.1 * NextRandom())
            : null;

    private double NextRandom()
    {
        lock (_lock)
        {
            return _random.NextDouble();
        }
    }
}
