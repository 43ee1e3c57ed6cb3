// Folder Databases: runs queries in SQLite and compares what they give.
// Refuses to know: dialogues, tasks.
using SQLitePCL;

namespace MultiTurnTrainer.Evaluation.Databases;

/// <summary>
/// A database that only answers: one query that reads, nothing attached, a bounded amount of work. A double-quoted word that names
/// no column is a text, as it is for the benchmark.
/// </summary>
internal sealed class SqlDatabase : IDisposable
{
    private const int MaxRows = 100_000;
    private const int MaxLength = 1 << 24; // Of one value.
    private const long MaxSize = 1 << 27; // Of the texts and blobs of a result.
    private const int DoubleQuotedTexts = 1013; // SQLITE_DBCONFIG_DQS_DML
    private const int LimitLength = 0; // SQLITE_LIMIT_LENGTH
    private const int LimitAttached = 7; // SQLITE_LIMIT_ATTACHED

    // A hundred million steps of SQLite's machine: a verdict must not depend on how busy the machine is.
    private const int StepsBetween = 1_000_000;
    private const int MostRounds = 100;

    private readonly SqliteConnection _connection;
    private int _rounds;

    private SqlDatabase(SqliteConnection connection)
    {
        _connection = connection;
        raw.sqlite3_db_config(connection.Handle, DoubleQuotedTexts, 1, out _);

        // Before a script too: it has types from a file, which could name another database.
        raw.sqlite3_limit(connection.Handle, LimitAttached, 0);
        raw.sqlite3_limit(connection.Handle, LimitLength, MaxLength);
    }

    /// <summary>A database in memory.</summary>
    /// <param name="script">Makes and fills its tables.</param>
    /// <exception cref="FormatException">The script does not run.</exception>
    public static SqlDatabase Make(string script)
    {
        SqlDatabase database = Connect("Data Source=:memory:;Pooling=False");
        try
        {
            database.Execute(script);
            return database.Close();
        }
        catch (SqliteException problem)
        {
            database.Dispose();
            throw new FormatException(problem.Message, problem);
        }
    }

    /// <summary>A database file, which stays as it is.</summary>
    public static SqlDatabase Open(string path) =>
        Connect(
                new SqliteConnectionStringBuilder
                {
                    DataSource = path,
                    Mode = SqliteOpenMode.ReadOnly,
                    Pooling = false,
                }.ToString()
            )
            .Close();

    /// <summary>The rows of a query; null where the text is no query, or asks too much work.</summary>
    public IReadOnlyList<object?[]>? Query(string sql)
    {
        _rounds = 0;
        try
        {
            using SqliteCommand command = _connection.CreateCommand();
            command.CommandText = sql;
            using SqliteDataReader reader = command.ExecuteReader();
            List<object?[]> rows = [];
            long size = 0;
            while (reader.Read())
            {
                object?[] row = new object?[reader.FieldCount];
                for (int i = 0; i < row.Length; i++)
                {
                    row[i] = reader.IsDBNull(i) ? null : reader.GetValue(i);
                    size +=
                        row[i] is string text ? text.Length
                        : row[i] is byte[] bytes ? bytes.Length
                        : 0;
                }

                rows.Add(row);
                if (rows.Count > MaxRows || size > MaxSize)
                {
                    return null;
                }
            }

            return reader.FieldCount == 0 || reader.NextResult() ? null : rows;
        }
        catch (Exception problem) when (problem is SqliteException or InvalidOperationException or OverflowException)
        {
            return null;
        }
    }

    /// <inheritdoc/>
    public void Dispose() => _connection.Dispose();

    private static SqlDatabase Connect(string connectionString)
    {
        SqliteConnection connection = new(connectionString);
        connection.Open();
        return new SqlDatabase(connection);
    }

    private void Execute(string script)
    {
        using SqliteCommand command = _connection.CreateCommand();
        command.CommandText = script;
        command.ExecuteNonQuery();
    }

    private SqlDatabase Close()
    {
        Execute("PRAGMA query_only=ON");
        raw.sqlite3_set_authorizer(_connection.Handle, Authorize, this);
        raw.sqlite3_progress_handler(_connection.Handle, StepsBetween, Count, this);
        return this;
    }

    private static int Count(object database) => ++((SqlDatabase)database)._rounds > MostRounds ? 1 : 0;

    private static int Authorize(object database, int action, utf8z first, utf8z second, utf8z schema, utf8z trigger) =>
        action is raw.SQLITE_SELECT or raw.SQLITE_READ or raw.SQLITE_FUNCTION or raw.SQLITE_RECURSIVE
            ? raw.SQLITE_OK
            : raw.SQLITE_DENY;
}
