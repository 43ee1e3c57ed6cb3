namespace MultiTurnTrainer.Serving.Running;

/// <summary>
/// Looks every two seconds for turns that are pending and that nobody answers: of another server over the same store that died, or
/// of this one, when the store was away as they ended.
/// </summary>
internal sealed class Recovery : IAsyncDisposable
{
    private static readonly TimeSpan _interval = TimeSpan.FromSeconds(2);
    private readonly CancellationTokenSource _stop = new();
    private readonly TurnRunner _runner;
    private readonly Action<string>? _log;
    private Task _running = Task.CompletedTask;
    private string? _told;

    /// <param name="runner">The turns.</param>
    /// <param name="log">Told of what was found, and of failures; null for nobody.</param>
    public Recovery(TurnRunner runner, Action<string>? log) => (_runner, _log) = (runner, log);

    /// <summary>Looks once, and from then on beside the server's work.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        await LookAsync(cancellation).ConfigureAwait(false);
        _running = Task.Run(RunAsync, CancellationToken.None);
    }

    /// <inheritdoc/>
    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _running.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task RunAsync()
    {
        // Turns end by the wall clock's seconds, whatever clock the server is told.
        using PeriodicTimer timer = new(_interval);
        try
        {
            while (await timer.WaitForNextTickAsync(_stop.Token).ConfigureAwait(false))
            {
                await LookAsync(_stop.Token).ConfigureAwait(false);
            }
        }
        catch (OperationCanceledException)
        {
            // The server ends.
        }
    }

    private async Task LookAsync(CancellationToken cancellation)
    {
        try
        {
            if (await _runner.RecoverAsync(cancellation).ConfigureAwait(false) is > 0 and var found)
            {
                _log?.Invoke($"{Counted.Of(found, "turn")} that nobody answered: interrupted");
            }
        }
        catch (MttException problem)
        {
            // Said once: a damaged session is found again every two seconds.
            if (problem.Message != _told)
            {
                _log?.Invoke($"turns that nobody answered were not all interrupted: {problem.Message}");
                _told = problem.Message;
            }
        }
        catch (SessionException)
        {
            // Erased or changed in the meantime: whoever did that has dealt with it.
        }
    }
}
