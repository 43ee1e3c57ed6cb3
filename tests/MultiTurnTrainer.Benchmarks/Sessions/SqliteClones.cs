namespace MultiTurnTrainer.Benchmarks.Sessions;

/// <summary>Multiplies the one session of a SQLite store.</summary>
internal static class SqliteClones
{
    /// <summary>The statements: afterwards there are so many sessions.</summary>
    public static string[] Script(int count, string half) =>
        [
            "PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; PRAGMA cache_size = -1000000; PRAGMA temp_store = MEMORY",
            $"""
                CREATE TEMP TABLE halves AS
                    WITH RECURSIVE numbers (key) AS (VALUES (2) UNION ALL SELECT key + 1 FROM numbers WHERE key < {count})
                    SELECT key, lower(hex(randomblob(16))) AS half FROM numbers WHERE key <= {count};
                CREATE TEMP TABLE session AS SELECT * FROM sessions;
                CREATE TEMP TABLE event AS SELECT * FROM events ORDER BY version;
                CREATE TEMP TABLE turn AS SELECT * FROM turns;
                CREATE TEMP TABLE snapshot AS SELECT * FROM snapshots;
                DROP INDEX turns_of_session;
                BEGIN;
                INSERT INTO sessions SELECT h.key, tenant, replace(id, '{half}', half), version, created, updated, user, pending, deleted
                    FROM halves h CROSS JOIN session;
                INSERT INTO events SELECT h.key, version, at, kind, CAST(replace(CAST(data AS TEXT), '{half}', half) AS BLOB)
                    FROM halves h CROSS JOIN event;
                INSERT INTO turns SELECT tenant, replace(turn, '{half}', half), h.key FROM halves h CROSS JOIN turn ORDER BY 2;
                INSERT INTO snapshots SELECT h.key, version, CAST(replace(CAST(data AS TEXT), '{half}', half) AS BLOB)
                    FROM halves h CROSS JOIN snapshot;
                COMMIT;
                CREATE INDEX turns_of_session ON turns (session)
                """,
            "PRAGMA synchronous = FULL; PRAGMA journal_mode = WAL",
        ];
}
