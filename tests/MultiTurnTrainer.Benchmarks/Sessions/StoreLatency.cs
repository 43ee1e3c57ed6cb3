using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using MultiTurnTrainer.Context.Policies;
using MultiTurnTrainer.Conversations;
using MultiTurnTrainer.Datasets.Contexts;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.Exports;
using MultiTurnTrainer.Sessions.Logs;
using MultiTurnTrainer.Sessions.States;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Turns;
using MultiTurnTrainer.Tokenizers;

namespace MultiTurnTrainer.Benchmarks.Sessions;

/// <summary>
/// A SQLite store of many sessions: how long a turn takes (read, assemble, begin, commit) at a fixed rate of requests that hit sessions
/// at random, so that most of them are not at hand. The upstream is scripted: it answers at once.
/// </summary>
internal static class StoreLatency
{
    private const string Tenant = "bench";
    private const int RequestsPerSecond = 200;

    /// <summary>Fills a store, sends requests and prints one JSON object.</summary>
    public static async Task RunAsync(string encoding, string path, int sessions, int turns, int seconds)
    {
        PolicyModel model = new(PolicyPresets.Find("support")!, Tokenizer.Load(encoding), 8192);
        await using ISessionStore store = SqliteSessionStore.Open(path, isServer: true);
        string[] ids = await FillAsync(store, sessions, turns);
        SessionLog log = new(store, TimeProvider.System, cacheBytes: 64 << 20);
        SessionTurns life = new(log, SessionBudget.None);
        ConcurrentBag<double> reads = [],
            assembles = [],
            appends = [];
        Random random = new(1);
        Stopwatch clock = Stopwatch.StartNew();
        TimeSpan busy = Process.GetCurrentProcess().TotalProcessorTime;
        List<Task> running = [];
        for (int sent = 0; sent < seconds * RequestsPerSecond; sent++)
        {
            double wait = (sent * 1000.0 / RequestsPerSecond) - clock.Elapsed.TotalMilliseconds;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(0, wait)));
            string id = ids[random.Next(ids.Length)];
            running.Add(Task.Run(() => TurnAsync(life, log, model, id, reads, assembles, appends)));
        }

        await Task.WhenAll(running);
        Console.WriteLine(
            JsonSerializer.Serialize(
                new
                {
                    sessions,
                    turns,
                    requests = running.Count,
                    seconds = Math.Round(clock.Elapsed.TotalSeconds, 1),
                    cpu_share_of_one_core = Math.Round(
                        (Process.GetCurrentProcess().TotalProcessorTime - busy) / clock.Elapsed,
                        2
                    ),
                    file_mb = new FileInfo(path).Length >> 20,
                    read_ms = Quantiles(reads),
                    assemble_ms = Quantiles(assembles),
                    append_ms = Quantiles(appends),
                }
            )
        );
    }

    private static async Task TurnAsync(
        SessionTurns life,
        SessionLog log,
        PolicyModel model,
        string id,
        ConcurrentBag<double> reads,
        ConcurrentBag<double> assembles,
        ConcurrentBag<double> appends
    )
    {
        try
        {
            long start = Stopwatch.GetTimestamp();
            SessionState state = await log.LoadAsync(Tenant, id);
            reads.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            start = Stopwatch.GetTimestamp();
            Assemble(model, state);
            assembles.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
            start = Stopwatch.GetTimestamp();
            TurnStart turn = await life.BeginAsync(Tenant, id, new TurnRequest { Messages = [Message("user", 0)] });
            await life.CommitAsync(Tenant, id, turn.Turn.Id, Message("assistant", 0), new CommitInfo());
            appends.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
        }
        catch (SessionConflictException)
        {
            // Two requests hit one session at the same moment.
        }
    }

    private static void Assemble(PolicyModel model, SessionState state)
    {
        Conversation source = Conversation.FromJson(SessionRow.Of(state));
        ContextAssembler assembler = new(model, source);
        foreach (Message message in source.Messages)
        {
            assembler.Append(message);
        }

        assembler.Next();
    }

    private static async Task<string[]> FillAsync(ISessionStore store, int sessions, int turns)
    {
        SessionLog log = new(store, TimeProvider.System, cacheBytes: 0);
        string[] ids = [.. Enumerable.Range(0, sessions).Select(_ => SessionIds.New())];
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        foreach (string id in ids)
        {
            List<LoggedEvent> events = [new(1, now, new SessionCreated([Message("system", 0)]))];
            for (int turn = 0; turn < turns; turn++)
            {
                string name = SessionIds.New();
                events.Add(new(events.Count + 1, now, new TurnBegun(name, [Message("user", turn)])));
                events.Add(new(events.Count + 1, now, new TurnCommitted(name, Message("assistant", turn), new())));
            }

            await log.TryCreateAsync(Tenant, id, events);
        }

        return ids;
    }

    private static JsonView Message(string role, int turn) =>
        JsonText.ToView(
            new Dictionary<string, string>
            {
                ["role"] = role,
                ["content"] =
                    $"This is what is said in turn {turn}: the parcel with number {turn * 7919} was sent on Monday and has not arrived; "
                    + "please look where it is and tell me by mail, not by phone, what I can do about it.",
            }
        );

    private static object Quantiles(ConcurrentBag<double> values)
    {
        double[] sorted = [.. values.Order()];
        return new
        {
            p50 = At(sorted, 0.5),
            p99 = At(sorted, 0.99),
            n = sorted.Length,
        };
    }

    private static double At(double[] sorted, double share) =>
        Math.Round(sorted[Math.Min(sorted.Length - 1, (int)(share * sorted.Length))], 2);
}
