using System.Diagnostics;

namespace MultiTurnTrainer.Sessions.Stores.Postgres;

/// <summary>
/// The servers over one store. Each says every two seconds that it lives, by the database's clock; the turns of one that was
/// silent for six are nobody's. Who has itself been cut off judges nobody.
/// </summary>
internal sealed class PostgresServers : IAsyncDisposable
{
    /// <summary>Of a row of <c>sessions</c>: nobody else answers its pending turn. $7 is this server, $8 whether it may judge others.</summary>
    public const string IsGone = """
        (server IS NULL OR server = $7
            OR ($8 AND NOT EXISTS (SELECT FROM mtt.servers v WHERE v.id = server AND v.seen > now() - interval '6 seconds')))
        """;

    private static readonly TimeSpan _beat = TimeSpan.FromSeconds(2);
    private static readonly TimeSpan _silence = TimeSpan.FromSeconds(6);
    private readonly PostgresConnections _connections;
    private readonly CancellationTokenSource _stop = new();
    private readonly Task _beats;
    private long _connectedSince;
    private long _lastBeat;

    /// <param name="connections">The connections.</param>
    /// <param name="isServer">Whether this process is a server; another only looks.</param>
    public PostgresServers(PostgresConnections connections, bool isServer)
    {
        _connections = connections;
        _connectedSince = _lastBeat = Stopwatch.GetTimestamp();
        _beats = isServer ? Task.Run(BeatAsync) : Task.CompletedTask;
    }

    /// <summary>This server.</summary>
    public Guid Id { get; } = Guid.NewGuid();

    /// <summary>Whether it has heard from the database long enough to know who else has.</summary>
    public bool MayJudge =>
        Stopwatch.GetElapsedTime(Interlocked.Read(ref _lastBeat)) < _silence
        && Stopwatch.GetElapsedTime(Interlocked.Read(ref _connectedSince)) > _silence;

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync().ConfigureAwait(false);
        await _beats.ConfigureAwait(false);
        _stop.Dispose();
    }

    private async Task BeatAsync()
    {
        while (!_stop.IsCancellationRequested)
        {
            try
            {
                await RunAsync(
                        """
                        INSERT INTO mtt.servers (id, seen) VALUES ($1, now()) ON CONFLICT (id) DO UPDATE SET seen = now()
                        """,
                        _stop.Token
                    )
                    .ConfigureAwait(false);
                if (Stopwatch.GetElapsedTime(Interlocked.Read(ref _lastBeat)) > _silence)
                {
                    Interlocked.Exchange(ref _connectedSince, Stopwatch.GetTimestamp());
                }

                Interlocked.Exchange(ref _lastBeat, Stopwatch.GetTimestamp());
            }
            catch (MttException)
            {
                // The database is away; turns fail of themselves, and this goes on when it is back.
            }
            catch (OperationCanceledException)
            {
                // The server ends.
            }

            // After a failure too: a full disk refuses at once.
            await Task.Delay(_beat, _stop.Token).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }

        await LeaveAsync().ConfigureAwait(false);
    }

    // What is left pending is another server's at once.
    private async Task LeaveAsync()
    {
        using CancellationTokenSource patience = new(_beat);
        try
        {
            await RunAsync("DELETE FROM mtt.servers WHERE id = $1 OR seen < now() - interval '1 day'", patience.Token)
                .ConfigureAwait(false);
        }
        catch (Exception problem) when (problem is MttException or OperationCanceledException)
        {
            // It will be found silent.
        }
    }

    private Task<int> RunAsync(string sql, CancellationToken cancellation) =>
        _connections.RunAsync(
            async (connection, _, token) =>
            {
                await using NpgsqlCommand command = connection.Command(sql, Id);
                return await command.ExecuteNonQueryAsync(token).ConfigureAwait(false);
            },
            cancellation
        );
}
