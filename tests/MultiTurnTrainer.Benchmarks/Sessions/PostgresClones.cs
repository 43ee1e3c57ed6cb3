namespace MultiTurnTrainer.Benchmarks.Sessions;

/// <summary>Multiplies the one session of a PostgreSQL store.</summary>
internal static class PostgresClones
{
    /// <summary>
    /// The statements: afterwards there are so many sessions. Events are added in the order of sessions that all grow at a time, so that those
    /// of one lie far apart, as they do where people talk at the same time.
    /// </summary>
    public static string[] Script(int count, string half) =>
        [
            $"""
                SET synchronous_commit = off; SET maintenance_work_mem = '512MB';
                CREATE TEMP TABLE halves AS
                    SELECT key, md5(key::text || random()::text) AS half FROM generate_series(2, {count}) AS key;
                CREATE TEMP TABLE event AS SELECT * FROM mtt.events;
                ALTER TABLE mtt.events DROP CONSTRAINT events_pkey;
                INSERT INTO mtt.sessions (key, tenant, id, version, created, updated, owner, pending, server, deleted)
                    OVERRIDING SYSTEM VALUE
                    SELECT h.key, tenant, replace(id, '{half}', half), version, created, updated, owner, pending, server, deleted
                    FROM halves h, mtt.sessions s;
                ALTER TABLE mtt.sessions ALTER COLUMN key RESTART WITH {count + 1};
                DO $$
                    DECLARE next bigint;
                    BEGIN
                        FOR next IN SELECT version FROM event ORDER BY version LOOP
                            INSERT INTO mtt.events (session, version, at, kind, write, data)
                            SELECT h.key, version, at, kind, write,
                                convert_to(replace(convert_from(data, 'UTF8'), '{half}', half), 'UTF8')
                            FROM event, halves h WHERE version = next;
                        END LOOP;
                    END $$;
                ALTER TABLE mtt.events ADD PRIMARY KEY (session, version);
                INSERT INTO mtt.turns (tenant, turn, session)
                    SELECT tenant, replace(turn, '{half}', half), h.key FROM mtt.turns, halves h ORDER BY 2;
                INSERT INTO mtt.snapshots (session, version, data)
                    SELECT h.key, version, convert_to(replace(convert_from(data, 'UTF8'), '{half}', half), 'UTF8')
                    FROM mtt.snapshots, halves h;
                """,
            "VACUUM (ANALYZE)",
            "CHECKPOINT",
        ];
}
