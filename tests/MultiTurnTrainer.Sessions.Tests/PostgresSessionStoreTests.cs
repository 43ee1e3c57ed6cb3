using MultiTurnTrainer.Files;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Stores.Postgres;
using Npgsql;

namespace MultiTurnTrainer.Sessions.Tests;

public sealed class PostgresSessionStoreTests(DatabaseServers fixture)
    : SessionStoreConformance,
        IClassFixture<DatabaseServers>
{
    private readonly string _url = fixture.Postgres.NewDatabase();

    protected override ISessionStore Open() => PostgresSessionStore.Open(_url, isServer: true);

    [Fact]
    public async Task Create_OfManyEvents_ReadsBackAsWritten()
    {
        await using ISessionStore store = Open();
        SessionHeader header = await NewAsync(store, "a", 500, user: "u\0ü", begins: "turn");

        SessionRead read = (await store.ReadAsync(header.Key))!;
        Assert.Equal(header, read.Header);
        Assert.Equal(Enumerable.Range(1, 500).Select(i => (long)i), read.Events.Select(stored => stored.Version));
        Assert.Equal(header.Key, await store.FindTurnAsync("a", "turn"));
        Assert.False(await store.CreateAsync(header, read.Events));
        Assert.Equal([header], await store.ListAsync(new SessionQuery { User = "u\0ü" }).ToListAsync());
    }

    [Fact]
    public async Task Append_ByTwoServers_LetsOneWinEachVersion()
    {
        await using ISessionStore one = Open();
        await using ISessionStore two = Open();
        SessionHeader header = await NewAsync(one, "a", 1);
        int won = 0;
        await Parallel.ForAsync(
            0,
            200,
            async (i, _) =>
            {
                ISessionStore store = i % 2 == 0 ? one : two;
                long version = (await store.ReadAsync(header.Key))!.Header.Version;
                StoredEvent next = new(version + 1, default, "kind", new byte[] { 1 });
                if (await store.AppendAsync(header with { Version = version + 1 }, [next]))
                {
                    Interlocked.Increment(ref won);
                }
            }
        );

        SessionRead read = (await two.ReadAsync(header.Key))!;
        Assert.Equal(1 + won, read.Header.Version);
        Assert.Equal(1 + won, read.Events.Count);
    }

    [Fact]
    public async Task WaitForChange_OfAnotherServersSession_EndsWhenItsTurnDoes()
    {
        await using ISessionStore one = Open();
        // Nothing but a notice ends a wait.
        await using ISessionStore two = PostgresSessionStore.Open(_url, isServer: true, TimeSpan.FromHours(1));
        SessionHeader header = await NewAsync(one, "a", 1, pending: "turn");

        // A change before the wait is seen without one.
        await two.WaitForChangeAsync(header.Key, 0).WaitAsync(TimeSpan.FromMinutes(1));
        Task waits = Task.WhenAll(Enumerable.Range(0, 20).Select(_ => two.WaitForChangeAsync(header.Key, 1)));
        await Task.Delay(300);
        Assert.False(waits.IsCompleted);
        for (int version = 2; version < 122 && !waits.IsCompleted; version++)
        {
            // Whoever has not begun to listen yet hears the next one.
            StoredEvent end = new(version, default, "kind", default);
            Assert.True(await one.AppendAsync(header with { Version = version, Pending = null }, [end]));
            await Task.WhenAny(waits, Task.Delay(500));
        }

        Assert.True(waits.IsCompletedSuccessfully);
    }

    [Fact]
    public async Task Open_ByAUserWhoMayCreateNothing_ServesTheTablesThatStand()
    {
        await Open().DisposeAsync();
        string user = "u" + Guid.NewGuid().ToString("N");
        await using (NpgsqlConnection connection = new(PostgresUrl.Parse(_url).ConnectionString))
        {
            await connection.OpenAsync();
            await using NpgsqlCommand grant = new(
                $"""
                CREATE ROLE {user} LOGIN; GRANT USAGE ON SCHEMA mtt TO {user};
                GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA mtt TO {user}
                """,
                connection
            );
            await grant.ExecuteNonQueryAsync();
        }

        await using ISessionStore store = PostgresSessionStore.Open(
            _url.Replace("//mtt@", $"//{user}@", StringComparison.Ordinal),
            isServer: true
        );
        SessionHeader header = await NewAsync(store, "a", 2);
        Assert.Equal(2, (await store.ReadAsync(header.Key))!.Events.Count);
    }

    [Fact]
    public async Task Lease_OfASession_IsOneServersUntilItEnds()
    {
        await using ISessionStore one = Open();
        await using ISessionStore two = Open();
        SessionHeader header = await NewAsync(one, "a", 1);

        Assert.True(await one.TryLeaseAsync(header.Key, TimeSpan.FromMinutes(1)));
        Assert.True(await one.TryLeaseAsync(header.Key, TimeSpan.FromMinutes(1)));
        Assert.False(await two.TryLeaseAsync(header.Key, TimeSpan.FromMinutes(1)));
        Assert.True(await one.TryLeaseAsync(header.Key, TimeSpan.Zero));
        Assert.True(await two.TryLeaseAsync(header.Key, TimeSpan.FromMinutes(1)));
        Assert.False(await two.TryLeaseAsync(header.Key with { Tenant = "b" }, TimeSpan.FromMinutes(1)));
    }

    [Fact]
    public async Task List_OfAbandonedSessions_KnowsWhoseTurnItIs()
    {
        ISessionStore one = Open();
        await using ISessionStore two = Open();
        SessionHeader header = await NewAsync(one, "a", 1, pending: "turn");
        SessionQuery abandoned = new() { IsAbandoned = true };

        Assert.Equal([header], await one.ListAsync(abandoned).ToListAsync());
        Assert.Empty(await two.ListAsync(abandoned).ToListAsync());
        SessionHeader next = header with { Version = 2 };
        Assert.True(await two.AppendAsync(next, [new StoredEvent(2, default, "kind", default)]));
        // Longer than the silence after which a server counts as gone: the other may judge now, and finds this one alive.
        await Task.Delay(TimeSpan.FromSeconds(7));
        Assert.Empty(await two.ListAsync(abandoned).ToListAsync());

        await one.DisposeAsync();
        for (int i = 0; i < 200 && !await two.ListAsync(abandoned).AnyAsync(); i++)
        {
            await Task.Delay(100);
        }

        Assert.Equal([next], await two.ListAsync(abandoned).ToListAsync());
    }

    [Fact]
    public async Task Delete_WhileOthersWrite_LeavesNoRow()
    {
        await using ISessionStore store = Open();
        for (int round = 0; round < 20; round++)
        {
            SessionHeader header = await NewAsync(store, "a", 1);
            Task<bool>[] work =
            [
                store.AppendAsync(header with { Version = 2 }, [new StoredEvent(2, default, "kind", default, "t")]),
                store.DeleteAsync(header.Key, default),
                .. Enumerable.Range(0, 4).Select(i => Snapshot(store, header.Key, i)),
            ];
            await Task.WhenAll(work);
        }

        await using NpgsqlConnection connection = new(PostgresUrl.Parse(_url).ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand count = new(
            "SELECT (SELECT count(*) FROM mtt.events) + (SELECT count(*) FROM mtt.turns) + (SELECT count(*) FROM mtt.snapshots)",
            connection
        );
        Assert.Equal(0L, await count.ExecuteScalarAsync());

        static async Task<bool> Snapshot(ISessionStore store, SessionKey session, int i)
        {
            await store.WriteSnapshotAsync(session, new StoredSnapshot(i, new byte[10]));
            return true;
        }
    }

    [Fact]
    public async Task Open_OfANewerStore_IsRefused()
    {
        await Open().DisposeAsync();
        await using NpgsqlConnection connection = new(PostgresUrl.Parse(_url).ConnectionString);
        await connection.OpenAsync();
        await using NpgsqlCommand newer = new("UPDATE mtt.tables SET version = 99", connection);
        await newer.ExecuteNonQueryAsync();

        Assert.Contains("version 99", Assert.Throws<MttException>(Open).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Open_ByManyAtATime_MakesTheTablesOnce() =>
        await Parallel.ForAsync(0, 8, async (_, _) => await Open().DisposeAsync());

    [Theory]
    [InlineData("postgres://me:se%20cret@somewhere:5433/db?sslmode=verify-full", "postgres://me@somewhere:5433/db")]
    [InlineData("postgresql:///db?host=/run/postgresql", "postgres:///run/postgresql:5432/db")]
    public void Parse_OfAnAddress_ShowsNoPassword(string url, string shown)
    {
        NpgsqlConnectionStringBuilder settings = PostgresUrl.Parse(url);

        Assert.Equal(shown, PostgresUrl.Show(settings));
        Assert.Equal(url.Contains('@') ? "se cret" : null, settings.Password);
    }

    [Theory]
    [InlineData("postgres://host", "names no database")]
    [InlineData("postgres://a:secret@host/db?colour=red", "colour")]
    [InlineData("postgres://a:secret@host/db?sslmode=often", "sslmode")]
    [InlineData("postgres://a:secret@127.0.0.1:1/db", "127.0.0.1:1/db")]
    public void Open_OfAWrongAddress_SaysWhatIsWrong(string url, string named)
    {
        MttException problem = Assert.Throws<MttException>(() => PostgresSessionStore.Open(url, isServer: false));

        Assert.Contains(named, problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", problem.Message + problem.Remedy, StringComparison.Ordinal);
    }
}
