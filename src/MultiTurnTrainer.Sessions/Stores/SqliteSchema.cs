namespace MultiTurnTrainer.Sessions.Stores;

/// <summary>The tables of a SQLite store, and how older ones become newer ones.</summary>
internal static class SqliteSchema
{
    // "mtts": the file says whose it is.
    private const int ApplicationId = 0x6D747473;

    /// <summary>
    /// One script for each version; released ones are never changed. Events lie together by session, so that reading one does not
    /// jump through the file.
    /// </summary>
    private static readonly string[] _versions =
    [
        """
            CREATE TABLE sessions (
                key INTEGER PRIMARY KEY,
                tenant TEXT NOT NULL,
                id TEXT NOT NULL,
                version INTEGER NOT NULL,
                created INTEGER NOT NULL,
                updated INTEGER NOT NULL,
                user TEXT,
                pending TEXT,
                deleted INTEGER NOT NULL DEFAULT 0,
                UNIQUE (tenant, id)
            );
            CREATE TABLE events (
                session INTEGER NOT NULL,
                version INTEGER NOT NULL,
                at INTEGER NOT NULL,
                kind TEXT NOT NULL,
                data BLOB NOT NULL,
                PRIMARY KEY (session, version)
            ) WITHOUT ROWID;
            CREATE TABLE turns (
                tenant TEXT NOT NULL,
                turn TEXT NOT NULL,
                session INTEGER NOT NULL,
                PRIMARY KEY (tenant, turn)
            ) WITHOUT ROWID;
            CREATE INDEX turns_of_session ON turns (session);
            CREATE TABLE snapshots (
                session INTEGER PRIMARY KEY,
                version INTEGER NOT NULL,
                data BLOB NOT NULL
            );
            """,
        """
            CREATE INDEX sessions_by_change ON sessions (tenant, updated);
            CREATE INDEX sessions_pending ON sessions (pending) WHERE pending IS NOT NULL;
            """,
        """
            CREATE TABLE vectors (
                session INTEGER NOT NULL,
                version INTEGER NOT NULL,
                data BLOB NOT NULL,
                PRIMARY KEY (session, version)
            ) WITHOUT ROWID;
            """,
    ];

    /// <summary>The newest version.</summary>
    public static int Newest => _versions.Length;

    /// <summary>Makes the tables, or brings them to the newest version; all or nothing.</summary>
    /// <exception cref="MttException">The file belongs to something else, or to a newer mtt.</exception>
    public static void Prepare(SqliteConnection connection, string path) => Prepare(connection, path, Newest);

    /// <summary>The same up to an older version, as an older mtt would have done.</summary>
    internal static void Prepare(SqliteConnection connection, string path, int newest)
    {
        long application = connection.Ask("PRAGMA application_id");
        long version = connection.Ask("PRAGMA user_version");
        if (
            application != ApplicationId
            && (application != 0 || connection.Ask("SELECT count(*) FROM sqlite_schema") > 0)
        )
        {
            throw new MttException(
                $"{path}: is a SQLite database of something else",
                "Name a file that does not exist yet, or a store of mtt."
            );
        }

        if (version > newest)
        {
            throw new MttException(
                Invariant($"{path}: has version {version} of the tables, this mtt knows {newest}"),
                "Use the newer mtt that wrote it."
            );
        }

        if (version == newest)
        {
            return;
        }

        using SqliteTransaction transaction = connection.BeginTransaction();
        for (int next = (int)version; next < newest; next++)
        {
            connection.Run(_versions[next], transaction);
        }

        connection.Run(
            Invariant($"PRAGMA application_id = {ApplicationId}; PRAGMA user_version = {newest}"),
            transaction
        );
        transaction.Commit();
    }
}

/// <summary>Statements without parameters.</summary>
internal static class SqliteStatements
{
    public static void Run(this SqliteConnection connection, string sql, SqliteTransaction? transaction = null)
    {
        using SqliteCommand command = connection.CreateCommand();
        (command.CommandText, command.Transaction) = (sql, transaction);
        command.ExecuteNonQuery();
    }

    public static long Ask(this SqliteConnection connection, string sql)
    {
        using SqliteCommand command = connection.CreateCommand();
        command.CommandText = sql;
        return Convert.ToInt64(command.ExecuteScalar(), CultureInfo.InvariantCulture);
    }
}
