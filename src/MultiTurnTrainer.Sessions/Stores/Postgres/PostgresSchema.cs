namespace MultiTurnTrainer.Sessions.Stores.Postgres;

/// <summary>The tables of a PostgreSQL store, in a schema <c>mtt</c>, and how older ones become newer ones.</summary>
internal static class PostgresSchema
{
    // Programs that start at the same time change the tables one after the other.
    private const string Alone = "SELECT pg_advisory_xact_lock(1836348531)";

    // CREATE … IF NOT EXISTS asks for the right to create even where nothing is to be created, which a server's user need not have.
    private const string Prepare =
        "CREATE SCHEMA IF NOT EXISTS mtt; CREATE TABLE mtt.tables (version integer NOT NULL)";

    /// <summary>One script for each version; released ones are never changed. What users name may hold any character: it is bytes.</summary>
    private static readonly string[] _versions =
    [
        """
            CREATE TABLE mtt.sessions (
                key bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
                tenant text COLLATE "C" NOT NULL,
                id text COLLATE "C" NOT NULL,
                version bigint NOT NULL,
                created bigint NOT NULL,
                updated bigint NOT NULL,
                owner bytea,
                pending text COLLATE "C",
                server uuid,
                deleted boolean NOT NULL DEFAULT false,
                UNIQUE (tenant, id)
            ) WITH (fillfactor = 70);
            CREATE INDEX sessions_by_change ON mtt.sessions (tenant, updated);
            CREATE INDEX sessions_pending ON mtt.sessions (key) WHERE pending IS NOT NULL;
            CREATE TABLE mtt.events (
                session bigint NOT NULL,
                version bigint NOT NULL,
                at bigint NOT NULL,
                kind text NOT NULL,
                write uuid NOT NULL,
                data bytea NOT NULL,
                PRIMARY KEY (session, version)
            );
            CREATE TABLE mtt.turns (
                tenant text COLLATE "C" NOT NULL,
                turn text COLLATE "C" NOT NULL,
                session bigint NOT NULL,
                PRIMARY KEY (tenant, turn)
            );
            CREATE INDEX turns_of_session ON mtt.turns (session);
            CREATE TABLE mtt.snapshots (
                session bigint PRIMARY KEY,
                version bigint NOT NULL,
                data bytea NOT NULL
            );
            CREATE TABLE mtt.servers (
                id uuid PRIMARY KEY,
                seen timestamptz NOT NULL
            );
            CREATE TABLE mtt.leases (
                session bigint PRIMARY KEY,
                server uuid NOT NULL,
                until timestamptz NOT NULL
            );
            """,
        """
            CREATE TABLE mtt.vectors (
                session bigint NOT NULL,
                version bigint NOT NULL,
                data bytea NOT NULL,
                PRIMARY KEY (session, version)
            );
            """,
    ];

    /// <summary>The newest version.</summary>
    public static int Newest => _versions.Length;

    /// <summary>Makes the tables, or brings them to the newest version; all or nothing.</summary>
    /// <exception cref="MttException">They are of a newer mtt.</exception>
    public static void Update(NpgsqlConnection connection, string place)
    {
        using NpgsqlTransaction transaction = connection.BeginTransaction();
        Run(connection, Alone);
        using NpgsqlCommand find = new("SELECT to_regclass('mtt.tables') IS NULL", connection);
        if ((bool)find.ExecuteScalar()!)
        {
            Run(connection, Prepare);
        }

        using NpgsqlCommand ask = new("SELECT coalesce(max(version), 0) FROM mtt.tables", connection);
        int version = (int)ask.ExecuteScalar()!;
        if (version > Newest)
        {
            throw new MttException(
                Invariant($"{place}: has version {version} of the tables, this mtt knows {Newest}"),
                "Use the newer mtt that wrote it."
            );
        }

        foreach (string script in _versions[version..])
        {
            Run(connection, script);
        }

        if (version < Newest)
        {
            Run(connection, Invariant($"DELETE FROM mtt.tables; INSERT INTO mtt.tables VALUES ({Newest})"));
        }

        transaction.Commit();
    }

    private static void Run(NpgsqlConnection connection, string sql)
    {
        using NpgsqlCommand command = new(sql, connection);
        command.ExecuteNonQuery();
    }
}
