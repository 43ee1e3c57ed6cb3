using System.Diagnostics;

namespace MultiTurnTrainer.Sessions.Stores.Postgres;

/// <summary>Connections to a PostgreSQL server that may be restarted, hang or be cut off at any moment.</summary>
internal sealed class PostgresConnections : IAsyncDisposable
{
    private static readonly TimeSpan _patience = TimeSpan.FromSeconds(10);
    private static readonly TimeSpan _longestPause = TimeSpan.FromMilliseconds(500);
    private readonly NpgsqlDataSource _source;

    public PostgresConnections(NpgsqlConnectionStringBuilder settings)
    {
        _source = NpgsqlDataSource.Create(settings);
        Place = PostgresUrl.Show(settings);
    }

    /// <summary>Where the server is, for people.</summary>
    public string Place { get; }

    /// <summary>
    /// Does something, and again for some seconds while the server is not there. A try that failed may have been kept all
    /// the same: <paramref name="work"/> is told how many there were.
    /// </summary>
    /// <exception cref="MttException">The server did not answer in that time, or refuses.</exception>
    public async Task<T> RunAsync<T>(
        Func<NpgsqlConnection, int, CancellationToken, Task<T>> work,
        CancellationToken cancellation
    )
    {
        long start = Stopwatch.GetTimestamp();
        TimeSpan pause = TimeSpan.FromMilliseconds(10);
        for (int tries = 0; ; tries++)
        {
            try
            {
                await using NpgsqlConnection connection = await _source
                    .OpenConnectionAsync(cancellation)
                    .ConfigureAwait(false);
                return await work(connection, tries, cancellation).ConfigureAwait(false);
            }
            catch (NpgsqlException problem)
                when (problem is { IsTransient: true, SqlState: not PostgresErrorCodes.DiskFull }
                    && Stopwatch.GetElapsedTime(start) < _patience
                )
            {
                // What is left in the pool is of the same server that went away.
                _source.Clear();
                await Task.Delay(pause, cancellation).ConfigureAwait(false);
                pause = pause * 2 < _longestPause ? pause * 2 : _longestPause;
            }
            catch (NpgsqlException problem)
            {
                throw Explain(problem);
            }
        }
    }

    /// <summary>A connection of one's own.</summary>
    public ValueTask<NpgsqlConnection> OpenAsync(CancellationToken cancellation) =>
        _source.OpenConnectionAsync(cancellation);

    /// <summary>
    /// Does something now, while nothing else can happen, and again where the server is there but slow: done twice it must be as done once.
    /// </summary>
    /// <exception cref="MttException">The server is not there, does not answer for some seconds, or refuses.</exception>
    public void RunNow(Action<NpgsqlConnection> work)
    {
        for (long start = Stopwatch.GetTimestamp(); ; )
        {
            try
            {
                using NpgsqlConnection connection = _source.OpenConnection();
                work(connection);
                return;
            }
            catch (NpgsqlException problem)
                when (problem.InnerException is TimeoutException && Stopwatch.GetElapsedTime(start) < _patience)
            {
                _source.Clear();
            }
            catch (NpgsqlException problem)
            {
                throw Explain(problem);
            }
        }
    }

    public ValueTask DisposeAsync() => _source.DisposeAsync();

    private MttException Explain(NpgsqlException problem) =>
        problem switch
        {
            { SqlState: PostgresErrorCodes.DiskFull } => Passing("the disk of the server is full", problem),
            { IsTransient: true } => Passing($"does not answer: {problem.Message}", problem),
            PostgresException { SqlState: var state } refused when state.StartsWith("28", StringComparison.Ordinal) =>
                new(
                    $"{Place}: {refused.MessageText}",
                    "Check the user; the password is read from PGPASSWORD.",
                    problem
                ),
            PostgresException { SqlState: PostgresErrorCodes.InvalidCatalogName } missing => new(
                $"{Place}: {missing.MessageText}",
                "Make it: createdb NAME.",
                problem
            ),
            // Its disk, its administrator, or a failure of its own.
            PostgresException { SqlState: ['5', ..] or ['X', 'X', ..] } broken => Passing(broken.MessageText, problem),
            PostgresException refused => new(
                $"{Place}: {refused.MessageText}",
                "Check what the user may do there.",
                problem
            ),
            _ => new($"{Place}: {problem.Message}", "Check the address and that the server runs.", problem),
        };

    private MttException Passing(string what, Exception problem) =>
        new($"{Place}: {what}", "Check the server, then try again.", problem) { IsPassing = true };
}
