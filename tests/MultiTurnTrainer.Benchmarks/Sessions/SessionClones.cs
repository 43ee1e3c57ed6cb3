using System.Text;
using System.Text.Json;
using System.Text.RegularExpressions;
using MultiTurnTrainer.Sessions;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Benchmarks.Sessions;

/// <summary>
/// Fills a store with copies of one session that a server has made: the same events and snapshot under other ids. The database makes them
/// itself: millions of events in some seconds.
/// </summary>
internal static partial class SessionClones
{
    private const int AtATime = 8;

    // The first half of every id of the session that is copied; each copy has a random half in its place.
    private static readonly string _half = new('0', 32);

    /// <summary>Copies the one session of a SQLite file into a store.</summary>
    /// <returns>The sessions, the first included.</returns>
    public static async Task<SessionKey[]> FillAsync(string original, BenchmarkStore target, int count)
    {
        await using (ISessionStore store = target.Open())
        {
            await CopyAsync(original, store);
        }

        target.Execute(
            target.Kind == "sqlite" ? SqliteClones.Script(count, _half) : PostgresClones.Script(count, _half)
        );
        await using ISessionStore whole = target.Open();
        SessionKey[] sessions = await whole.ListAsync(new SessionQuery()).Select(header => header.Key).ToArrayAsync();
        if (target.Kind == "hybrid")
        {
            // As they are where each session was used within the hour.
            await Parallel.ForEachAsync(
                sessions,
                new ParallelOptions { MaxDegreeOfParallelism = AtATime },
                async (session, cancellation) =>
                    await whole.ReadAsync(session, useSnapshot: true, cancellation: cancellation)
            );
        }

        return sessions;
    }

    private static async Task CopyAsync(string original, ISessionStore store)
    {
        await using SqliteSessionStore source = SqliteSessionStore.Open(original, isServer: false);
        SessionHeader header = await source.ListAsync(new SessionQuery()).SingleAsync();
        IReadOnlyList<StoredEvent> events = (await source.ReadAsync(header.Key))!.Events;
        HashSet<string> ids = [header.Id, .. events.Select(BegunBy).OfType<string>()];
        byte[] Renamed(ReadOnlyMemory<byte> data) =>
            Encoding.UTF8.GetBytes(
                Id()
                    .Replace(
                        Encoding.UTF8.GetString(data.Span),
                        id => ids.Contains(id.Value) ? Rename(id.Value) : id.Value
                    )
            );
        SessionKey session = header.Key with { Id = Rename(header.Id) };
        await store.CreateAsync(
            header with
            {
                Key = session,
            },
            [
                .. events.Select(stored =>
                    stored with
                    {
                        Data = Renamed(stored.Data),
                        Begins = BegunBy(stored) is { } turn ? Rename(turn) : null,
                    }
                ),
            ]
        );
        if ((await source.ReadAsync(header.Key, useSnapshot: true))!.Snapshot is { } snapshot)
        {
            await store.WriteSnapshotAsync(session, snapshot with { Data = Renamed(snapshot.Data) });
        }
    }

    private static string Rename(string id) => _half + id[_half.Length..];

    // What a store reads back does not say which turn begins.
    private static string? BegunBy(StoredEvent stored)
    {
        if (stored.Kind != "turn_begun")
        {
            return null;
        }

        using JsonDocument json = JsonDocument.Parse(stored.Data);
        return json.RootElement.GetProperty("turn").GetString();
    }

    [GeneratedRegex("[0-9a-f]{64}")]
    private static partial Regex Id();
}
