namespace MultiTurnTrainer.Sessions.Stores;

/// <summary>The connections to a SQLite file: one that writes, several that read beside it (write-ahead log).</summary>
internal sealed class SqliteConnections : IAsyncDisposable
{
    private const int BusyMilliseconds = 5000;
    private readonly ConcurrentBag<SqliteConnection> _readers = [];
    private readonly string _path;

    public SqliteConnections(string path)
    {
        _path = path;
        SqliteConnection connection = Open();
        try
        {
            // Content that is deleted is overwritten; a commit is on the disk when it returns.
            connection.Run("PRAGMA page_size = 8192; PRAGMA secure_delete = ON; PRAGMA auto_vacuum = INCREMENTAL");
            connection.Run(
                "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA journal_size_limit = 67108864"
            );
            SqliteSchema.Prepare(connection, path);
            Writer = new SqliteWriter(connection, path);
        }
        catch (SqliteException problem)
        {
            connection.Dispose();
            throw SqliteErrors.Explain(path, problem);
        }
        catch
        {
            connection.Dispose();
            throw;
        }
    }

    /// <summary>What writes.</summary>
    public SqliteWriter Writer { get; }

    /// <summary>Reads beside the writer.</summary>
    public T Read<T>(Func<SqliteConnection, T> read)
    {
        SqliteConnection connection = _readers.TryTake(out SqliteConnection? free) ? free : Open();
        try
        {
            return read(connection);
        }
        catch (SqliteException problem)
        {
            throw SqliteErrors.Explain(_path, problem);
        }
        finally
        {
            _readers.Add(connection);
        }
    }

    public async ValueTask DisposeAsync()
    {
        await Writer.DisposeAsync().ConfigureAwait(false);
        while (_readers.TryTake(out SqliteConnection? reader))
        {
            reader.Dispose();
        }
    }

    private SqliteConnection Open()
    {
        SqliteConnection connection = new(
            new SqliteConnectionStringBuilder { DataSource = _path, Pooling = false }.ToString()
        );
        try
        {
            connection.Open();
            connection.Run(Invariant($"PRAGMA busy_timeout = {BusyMilliseconds}; PRAGMA cache_size = -8192"));
            return connection;
        }
        catch (SqliteException problem)
        {
            connection.Dispose();
            throw SqliteErrors.Explain(_path, problem);
        }
    }
}

/// <summary>SQLite's errors in words.</summary>
internal static class SqliteErrors
{
    public static MttException Explain(string path, SqliteException problem) =>
        problem.SqliteErrorCode switch
        {
            5 or 6 => new($"{path}: another program keeps the store locked", "Stop it, or try again.", problem)
            {
                IsPassing = true,
            },
            11 or 26 => new($"{path}: is damaged, or no SQLite database", "Restore it from a backup.", problem),
            13 => new($"{path}: the disk is full", "Free some space; nothing of the last change was kept.", problem)
            {
                IsPassing = true,
            },
            8 or 14 => new(
                $"{path}: cannot be opened for writing",
                "Check that its folder exists and who may write to it.",
                problem
            ),
            _ => new($"{path}: {problem.Message}", "Check the disk; the last change was not kept.", problem)
            {
                IsPassing = true,
            },
        };
}
