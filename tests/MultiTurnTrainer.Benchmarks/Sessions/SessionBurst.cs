using System.Diagnostics;
using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Sessions;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Turns;

namespace MultiTurnTrainer.Benchmarks.Sessions;

/// <summary>Five thousand turns as fast as the store takes them: how long the short forms of the sessions lag behind.</summary>
internal static class SessionBurst
{
    private const string Tenant = "bench";
    private const int Sessions = 100;
    private const int TurnsOfEach = 50;

    /// <summary>Prints one JSON object.</summary>
    public static async Task RunAsync(BenchmarkStore kind)
    {
        await using ISessionStore store = kind.Open();
        CompressionQueue queue = new(store);
        SessionLog log = new(store, TimeProvider.System, compression: queue);
        SessionTurns turns = new(log, SessionBudget.None);
        Stopwatch clock = Stopwatch.StartNew();
        await Parallel.ForAsync(
            0,
            Sessions,
            new ParallelOptions { MaxDegreeOfParallelism = 32 },
            (_, _) => TalkAsync(log, turns)
        );
        double burst = clock.Elapsed.TotalSeconds;
        await queue.DisposeAsync();
        CompressionCounts counts = queue.Counts;
        Console.WriteLine(
            JsonSerializer.Serialize(
                new
                {
                    store = kind.Kind,
                    burst_turns = Sessions * TurnsOfEach,
                    burst_seconds = Math.Round(burst, 2),
                    caught_up_after_seconds = Math.Round(clock.Elapsed.TotalSeconds - burst, 3),
                    written = counts.Written,
                    failed = counts.Failed,
                    longest_lag_seconds = Math.Round(counts.LongestLag.TotalSeconds, 3),
                }
            )
        );
    }

    private static async ValueTask TalkAsync(SessionLog log, SessionTurns turns)
    {
        SessionKey session = (await log.CreateAsync(Tenant, [new SessionCreated([])])).Key;
        for (int turn = 0; turn < TurnsOfEach; turn++)
        {
            TurnStart start = await turns.BeginAsync(session, new TurnRequest { Messages = [Message("user", turn)] });
            await turns.CommitAsync(session, start.Turn.Id, Message("assistant", turn), new CommitInfo());
        }
    }

    private static JsonView Message(string role, int turn) =>
        JsonText.ToView(
            new Dictionary<string, string>
            {
                ["role"] = role,
                ["content"] = $"In turn {turn} the parcel with number {turn * 7919} has not arrived; where is it?",
            }
        );
}
