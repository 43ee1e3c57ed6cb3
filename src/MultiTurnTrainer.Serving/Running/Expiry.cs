namespace MultiTurnTrainer.Serving.Running;

/// <summary>Erases sessions that nobody has changed for some time: at the start, and each hour.</summary>
internal sealed class Expiry : IAsyncDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromHours(1);
    private readonly SessionService _sessions;
    private readonly TimeProvider _time;
    private readonly Action<string>? _log;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _running;

    /// <summary>Begins.</summary>
    /// <param name="sessions">The sessions.</param>
    /// <param name="age">How long they are kept after their newest event; null keeps all.</param>
    /// <param name="time">The clock.</param>
    /// <param name="log">Told of failures; null for nobody.</param>
    public Expiry(SessionService sessions, TimeSpan? age, TimeProvider time, Action<string>? log)
    {
        (_sessions, _time, _log) = (sessions, time, log);
        _running = age is { } limit ? Task.Run(() => RunAsync(limit)) : Task.CompletedTask;
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync(TimeSpan age)
    {
        try
        {
            while (true)
            {
                await EraseAsync(age).ConfigureAwait(false);
                await Task.Delay(_interval, _time, _stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }

    private async Task EraseAsync(TimeSpan age)
    {
        try
        {
            await _sessions.ExpireAsync(age, _stop.Token).ConfigureAwait(false);
        }
        catch (MttException problem)
        {
            // A full disk now is no reason to stop serving; it is tried again in an hour.
            _log?.Invoke($"old sessions were not erased: {problem.Message}");
        }
    }
}
