using System.Threading.Channels;

namespace MultiTurnTrainer.Sessions.Stores;

/// <summary>
/// The one connection that writes. Changes that come while another reaches the disk are committed together as the next, so that each waits
/// for the disk once, however many there are; nobody is told of a change before it is there.
/// </summary>
internal sealed class SqliteWriter : IAsyncDisposable
{
    private const int MostTogether = 256;
    private readonly Lock _turn = new();
    private readonly Channel<Change> _waiting = Channel.CreateUnbounded<Change>(new() { SingleReader = true });
    private readonly SqliteConnection _connection;
    private readonly string _path;
    private readonly Task _work;

    /// <param name="connection">The connection; disposed with this.</param>
    /// <param name="path">The file, for messages.</param>
    public SqliteWriter(SqliteConnection connection, string path)
    {
        (_connection, _path) = (connection, path);
        _work = Task.Run(WorkAsync);
    }

    /// <summary>Makes a change, all or nothing, durable when it is told of.</summary>
    /// <param name="change">The change; asked again where one beside it failed. Tells whether there was anything to change.</param>
    /// <param name="cancellation">Ends the wait, not the change.</param>
    public Task<bool> WriteAsync(Func<SqliteWrite, bool> change, CancellationToken cancellation)
    {
        Change next = new(change);
        return _waiting.Writer.TryWrite(next)
            ? next.Done.Task.WaitAsync(cancellation)
            : throw new ObjectDisposedException(nameof(SqliteWriter));
    }

    /// <summary>Does something between two changes, outside of any.</summary>
    public void RunBetween(Action<SqliteConnection> work)
    {
        lock (_turn)
        {
            try
            {
                work(_connection);
            }
            catch (SqliteException problem)
            {
                throw SqliteErrors.Explain(_path, problem);
            }
        }
    }

    /// <summary>Makes the changes that wait, and ends.</summary>
    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _work.ConfigureAwait(false);
        _connection.Dispose();
    }

    private async Task WorkAsync()
    {
        List<Change> together = [];
        while (await _waiting.Reader.WaitToReadAsync().ConfigureAwait(false))
        {
            together.Clear();
            while (together.Count < MostTogether && _waiting.Reader.TryRead(out Change? next))
            {
                together.Add(next);
            }

            Commit(together);
        }
    }

    private void Commit(IReadOnlyList<Change> together)
    {
        bool[] made = new bool[together.Count];
        try
        {
            lock (_turn)
            {
                using SqliteWrite write = new(_connection);
                for (int i = 0; i < made.Length; i++)
                {
                    made[i] = together[i].Make(write);
                }

                write.Commit();
            }
        }
        catch (Exception problem)
        {
            Fail(together, problem);
            return;
        }

        for (int i = 0; i < made.Length; i++)
        {
            together[i].Done.SetResult(made[i]);
        }
    }

    // One that fails is in no other's way: each is tried alone. Who keeps the file locked is in all of theirs: none was begun, and to try
    // each would be to wait once for each.
    private void Fail(IReadOnlyList<Change> together, Exception problem)
    {
        if (together.Count > 1 && problem is not SqliteException { SqliteErrorCode: 5 or 6 })
        {
            foreach (Change change in together)
            {
                Commit([change]);
            }

            return;
        }

        Exception told = problem is SqliteException refused ? SqliteErrors.Explain(_path, refused) : problem;
        foreach (Change change in together)
        {
            change.Done.SetException(told);
        }
    }

    private sealed record Change(Func<SqliteWrite, bool> Make)
    {
        public TaskCompletionSource<bool> Done { get; } = new(TaskCreationOptions.RunContinuationsAsynchronously);
    }
}
