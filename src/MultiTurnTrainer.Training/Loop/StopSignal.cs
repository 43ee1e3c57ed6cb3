namespace MultiTurnTrainer.Training.Loop;

/// <summary>
/// Being asked to stop. The loop looks between micro-batches; where one takes longer than the patience, the state of
/// the last whole step is saved from here, which is safe because only an update changes it and holds the gate meanwhile.
/// </summary>
internal sealed class StopSignal : IDisposable
{
    /// <summary>How long a request waits for the end of a micro-batch, or of loading.</summary>
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(15);

    private readonly Lock _gate = new();
    private readonly CancellationTokenRegistration _registration;
    private ITimer? _timer;
    private bool _over;

    /// <summary>Begins to watch.</summary>
    /// <param name="stop">The request.</param>
    /// <param name="time">The clock.</param>
    /// <param name="saveNow">Saves the last whole step and ends the process; called at most once, holding the gate.</param>
    public StopSignal(CancellationToken stop, TimeProvider time, Action saveNow)
    {
        Token = stop;
        _registration = stop.Register(() =>
            _timer = time.CreateTimer(
                _ =>
                {
                    lock (_gate)
                    {
                        if (!_over)
                        {
                            _over = true;
                            saveNow();
                        }
                    }
                },
                null,
                _patience,
                Timeout.InfiniteTimeSpan
            )
        );
    }

    /// <summary>The request.</summary>
    public CancellationToken Token { get; }

    /// <summary>Changes the state as one piece.</summary>
    public void Update(Action change)
    {
        lock (_gate)
        {
            change();
        }
    }

    public void Dispose()
    {
        lock (_gate)
        {
            _over = true;
        }

        _registration.Dispose();
        _timer?.Dispose();
    }
}
