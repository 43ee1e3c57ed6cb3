using System.Security.Cryptography;
using System.Text;
using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Stores;

namespace MultiTurnTrainer.Benchmarks.Sessions;

/// <summary>Fills a store with copies of one session that a server has made: the same events and snapshot under other ids.</summary>
internal static class SessionClones
{
    public const string Tenant = "local";

    private const int AtATime = 8;

    /// <summary>Copies the one session of a store into another.</summary>
    /// <returns>The ids of the copies.</returns>
    public static async Task<string[]> FillAsync(string original, ISessionStore store, int count)
    {
        SessionRead log;
        SessionRead recent;
        await using (SqliteSessionStore source = SqliteSessionStore.Open(original, isServer: false))
        {
            string id = (await source.ListAsync(new SessionQuery()).SingleAsync()).Id;
            log = (await source.ReadAsync(Tenant, id))!;
            recent = (await source.ReadAsync(Tenant, id, useSnapshot: true))!;
        }

        string[] turns = TurnsOf(log.Events);
        string[] events = [.. log.Events.Select(stored => Encoding.UTF8.GetString(stored.Data.Span))];
        int[] turnOf =
        [
            .. events.Select(text => Array.FindIndex(turns, turn => text.Contains(turn, StringComparison.Ordinal))),
        ];
        string? snapshot = recent.Snapshot is { } kept ? Encoding.UTF8.GetString(kept.Data.Span) : null;
        string[] named = snapshot is null
            ? []
            : [.. turns.Where(turn => snapshot.Contains(turn, StringComparison.Ordinal))];
        string[] ids = [.. Enumerable.Range(0, count).Select(_ => SessionIds.New())];
        async ValueTask CopyAsync(string id, CancellationToken cancellation)
        {
            string NewTurn(string turn) =>
                Convert.ToHexStringLower(SHA256.HashData(Encoding.ASCII.GetBytes(id + turn)));
            string[] names = [.. turns.Select(NewTurn)];
            StoredEvent[] copied = new StoredEvent[events.Length];
            for (int i = 0; i < events.Length; i++)
            {
                int turn = turnOf[i];
                string text =
                    turn < 0 ? events[i] : events[i].Replace(turns[turn], names[turn], StringComparison.Ordinal);
                bool begins = log.Events[i].Kind == "turn_begun";
                copied[i] = log.Events[i] with
                {
                    Data = Encoding.UTF8.GetBytes(text),
                    Begins = begins ? names[turn] : null,
                };
            }

            await store.CreateAsync(log.Header with { Id = id }, copied, cancellation);
            if (snapshot is not null)
            {
                StringBuilder text = new(snapshot);
                text.Replace(log.Header.Id, id);
                foreach (string turn in named)
                {
                    text.Replace(turn, NewTurn(turn));
                }

                byte[] data = Encoding.UTF8.GetBytes(text.ToString());
                await store.WriteSnapshotAsync(Tenant, id, recent.Snapshot! with { Data = data }, cancellation);
            }
        }

        await Parallel.ForEachAsync(ids, new ParallelOptions { MaxDegreeOfParallelism = AtATime }, CopyAsync);

        return ids;
    }

    // What a store reads back does not say which turn begins.
    private static string[] TurnsOf(IEnumerable<StoredEvent> events) =>
        [
            .. events
                .Where(stored => stored.Kind == "turn_begun")
                .Select(stored => System.Text.Json.JsonDocument.Parse(stored.Data))
                .Select(json => json.RootElement.GetProperty("turn").GetString()!),
        ];
}
