using System.Text;
using Microsoft.Data.Sqlite;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Sessions.Tests;

public sealed class SqliteSessionStoreTests : SessionStoreConformance, IDisposable
{
    private const string Secret = "the-words-nobody-may-read-again";
    private readonly TempFolder _folder = new();

    private string FilePath => _folder["sessions.db"];

    public void Dispose() => _folder.Dispose();

    protected override ISessionStore Open() => SqliteSessionStore.Open(FilePath, isServer: true);

    [Fact]
    public async Task Delete_OfASession_LeavesItsWordsInNoFile()
    {
        await using ISessionStore store = Open();
        SessionHeader kept = await NewAsync(store, "a", 2);
        SessionHeader header = new(new SessionKey("a", SessionIds.New()), 400, default, default, Secret);
        string words = string.Concat(Enumerable.Repeat(Secret, 300));
        Assert.True(
            await store.CreateAsync(
                header,
                [
                    .. Enumerable
                        .Range(1, 400)
                        .Select(i => new StoredEvent(
                            i,
                            default,
                            "kind",
                            Encoding.UTF8.GetBytes(i % 7 == 0 ? words : Secret),
                            $"{Secret}{i}"
                        )
                        {
                            Vector = Encoding.UTF8.GetBytes(i % 2 == 0 ? words : ""),
                        }),
                ]
            )
        );
        await store.WriteSnapshotAsync(header.Key, new StoredSnapshot(400, Encoding.UTF8.GetBytes(words)));
        Assert.True(Holds(Secret));

        await store.DeleteAsync(header.Key, default);
        Assert.False(Holds(Secret));
        Assert.Equal(2, (await store.ReadAsync(kept.Key))!.Events.Count);
    }

    [Fact]
    public async Task Open_ByASecondServer_IsRefusedAndByAToolIsNot()
    {
        await using ISessionStore store = Open();
        SessionHeader header = await NewAsync(store, "a", 2);

        MttException refused = Assert.Throws<MttException>(() => SqliteSessionStore.Open(FilePath, isServer: true));
        Assert.Contains("sessions.db", refused.Message, StringComparison.Ordinal);
        await using SqliteSessionStore tool = SqliteSessionStore.Open(FilePath, isServer: false);
        Assert.Equal(2, (await tool.ReadAsync(header.Key))!.Header.Version);
        Assert.True(await tool.DeleteAsync(header.Key, default));
        Assert.True((await store.ReadAsync(header.Key))!.Header.IsDeleted);
    }

    [Fact]
    public async Task Write_OfWhatWaits_IsOneCommitInWhichOneThatFailsStandsAlone()
    {
        await using SqliteConnections connections = new(FilePath);
        List<SqliteWrite> commits = [];
        Task<bool>[] writes = [];
        connections.Writer.RunBetween(_ =>
            writes = [
                .. Enumerable
                    .Range(0, 100)
                    .Select(i =>
                        connections.Writer.WriteAsync(
                            write =>
                            {
                                commits.Add(write);
                                long key = write.TryInsert(Header(i))!.Value;
                                // Of the two events of the seventh one has the other's version.
                                return write.Add(key, "a", [Event(1), Event(i == 7 ? 1 : 2)]);
                            },
                            CancellationToken.None
                        )
                    ),
            ]
        );

        await Task.WhenAny(Task.WhenAll(writes), Task.Delay(TimeSpan.FromMinutes(1)));
        Assert.Equal([7], Enumerable.Range(0, 100).Where(i => writes[i].IsFaulted));
        Assert.All(writes, write => Assert.True(write.IsFaulted || write.Result));
        // All are first made in one or two commits; then each of the failed one's is made alone.
        Assert.InRange(commits.Take(8).Distinct().Count(), 1, 2);
        await connections.DisposeAsync();
        await using ISessionStore store = Open();
        Assert.Equal(99, await store.ListAsync(new SessionQuery()).CountAsync());

        static StoredEvent Event(long version) => new(version, default, "kind", default);
        static SessionHeader Header(int i) =>
            new(new SessionKey("a", FormattableString.Invariant($"session {i}")), 2, default, default);
    }

    [Fact]
    public async Task BackUp_WhileTheStoreIsWrittenTo_IsAStoreOfOneMoment()
    {
        await using ISessionStore store = Open();
        SessionHeader header = await NewAsync(store, "a", 1);
        using CancellationTokenSource stop = new();
        Task writes = Task.Run(async () =>
        {
            for (long version = 2; !stop.IsCancellationRequested; version++)
            {
                StoredEvent next = new(version, default, "kind", Encoding.UTF8.GetBytes("more"));
                Assert.True(await store.AppendAsync(header with { Version = version }, [next]));
            }
        });
        await store.BackUpAsync(_folder["copy.db"]);
        await stop.CancelAsync();
        await writes;

        await using SqliteSessionStore copy = SqliteSessionStore.Open(_folder["copy.db"], isServer: true);
        SessionRead read = (await copy.ReadAsync(header.Key))!;
        Assert.Equal(read.Header.Version, read.Events.Count);
        MttException taken = await Assert.ThrowsAsync<MttException>(() => store.BackUpAsync(_folder["copy.db"]));
        Assert.Contains("already exists", taken.Message, StringComparison.Ordinal);
        Assert.Equal(
            ["copy.db", "sessions.db"],
            Directory.GetFiles(_folder.Path, "*.db*").Select(Path.GetFileName).Where(n => n!.EndsWith("db")).Order()
        );
    }

    [Fact]
    public async Task Open_OfTheFirstVersionsTables_KeepsWhatIsInThem()
    {
        using (SqliteConnection old = new($"Data Source={FilePath};Pooling=False"))
        {
            old.Open();
            SqliteSchema.Prepare(old, FilePath, 1);
            old.Run("INSERT INTO sessions VALUES (1, 'a', 'id', 1, 0, 0, NULL, NULL, 0)");
            old.Run("INSERT INTO events VALUES (1, 1, 0, 'kind', x'61')");
        }

        await using ISessionStore store = Open();
        Assert.Single((await store.ReadAsync(new SessionKey("a", "id")))!.Events);
    }

    [Fact]
    public void Open_OfANewerStore_IsRefused()
    {
        using (SqliteConnection newer = new($"Data Source={FilePath};Pooling=False"))
        {
            newer.Open();
            SqliteSchema.Prepare(newer, FilePath);
            newer.Run("PRAGMA user_version = 99");
        }

        Assert.Contains("version 99", Assert.Throws<MttException>(Open).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("no database at all, but long enough to be looked at as if it were one, page after page")]
    [InlineData("SQLite format 3\0and then nothing that makes sense in any way whatever, over and over again ....")]
    public void Open_OfSomethingElse_IsRefusedAndTheLockIsFree(string text)
    {
        File.WriteAllText(FilePath, string.Concat(Enumerable.Repeat(text, 50)));

        Assert.Contains(FilePath, Assert.Throws<MttException>(Open).Message, StringComparison.Ordinal);
        Assert.Contains(FilePath, Assert.Throws<MttException>(Open).Message, StringComparison.Ordinal);
        Assert.StartsWith(text, File.ReadAllText(FilePath), StringComparison.Ordinal);
    }

    [Fact]
    public void Open_OfAnotherProgramsDatabase_IsRefused()
    {
        using (SqliteConnection other = new($"Data Source={FilePath};Pooling=False"))
        {
            other.Open();
            other.Run("CREATE TABLE cookies (name TEXT)");
        }

        Assert.Contains("something else", Assert.Throws<MttException>(Open).Message, StringComparison.Ordinal);
    }

    private bool Holds(string words)
    {
        byte[] wanted = Encoding.UTF8.GetBytes(words);
        return Directory
            .GetFiles(_folder.Path, "*", SearchOption.AllDirectories)
            .Where(path => !OutputLock.IsLock(path))
            .Any(path =>
            {
                using FileStream file = new(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
                byte[] bytes = new byte[file.Length];
                file.ReadExactly(bytes);
                return bytes.AsSpan().IndexOf(wanted) >= 0;
            });
    }
}
