namespace MultiTurnTrainer.Sessions.Stores.Postgres;

/// <summary>Wakes those who wait for a session to change, whichever server changes it: LISTEN and NOTIFY.</summary>
internal sealed class PostgresChanges : IAsyncDisposable
{
    private static readonly TimeSpan _pause = TimeSpan.FromSeconds(1);
    private readonly Lock _lock = new();
    private readonly Dictionary<string, List<TaskCompletionSource>> _waiting = [];
    private readonly PostgresConnections _connections;
    private readonly CancellationTokenSource _stop = new();
    private readonly TimeSpan _longest;
    private readonly Task _listening;

    /// <param name="connections">The connections.</param>
    /// <param name="isServer">Whether this process is a server; another need not listen.</param>
    /// <param name="longest">How long a wait is that nothing ends.</param>
    public PostgresChanges(PostgresConnections connections, bool isServer, TimeSpan longest)
    {
        (_connections, _longest) = (connections, longest);
        _listening = isServer ? Task.Run(ListenAsync) : Task.CompletedTask;
    }

    /// <summary>Waits until a session changes, or long enough, unless something is found to have happened already.</summary>
    public async Task WaitAsync(string session, Func<Task<bool>> hasHappened, CancellationToken cancellation)
    {
        TaskCompletionSource told = new(TaskCreationOptions.RunContinuationsAsynchronously);
        lock (_lock)
        {
            if (!_waiting.TryGetValue(session, out List<TaskCompletionSource>? others))
            {
                _waiting[session] = others = [];
            }

            others.Add(told);
        }

        try
        {
            if (!await hasHappened().ConfigureAwait(false))
            {
                await told.Task.WaitAsync(_longest, cancellation).ConfigureAwait(false);
            }
        }
        catch (TimeoutException)
        {
            // Whoever waits looks for himself.
        }
        finally
        {
            Leave(session, told);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _listening.ConfigureAwait(false);
        _stop.Dispose();
    }

    private void Leave(string session, TaskCompletionSource told)
    {
        lock (_lock)
        {
            if (
                _waiting.TryGetValue(session, out List<TaskCompletionSource>? others)
                && others.Remove(told)
                && others.Count == 0
            )
            {
                _waiting.Remove(session);
            }
        }
    }

    private async Task ListenAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await using NpgsqlConnection connection = await _connections
                    .OpenAsync(_stop.Token)
                    .ConfigureAwait(false);
                connection.Notification += (_, told) => Wake(told.Payload);
                await using NpgsqlCommand listen = new("LISTEN mtt_sessions", connection);
                await listen.ExecuteNonQueryAsync(_stop.Token).ConfigureAwait(false);
                while (true)
                {
                    await connection.WaitAsync(_stop.Token).ConfigureAwait(false);
                }
            }
            catch (NpgsqlException)
            {
                await Task.Delay(_pause, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
            }
            catch (OperationCanceledException)
            {
                // The server ends.
            }
        }
    }

    private void Wake(string session)
    {
        lock (_lock)
        {
            foreach (TaskCompletionSource waiting in _waiting.GetValueOrDefault(session) ?? [])
            {
                waiting.TrySetResult();
            }
        }
    }
}
