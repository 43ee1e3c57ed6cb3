using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Testing;
using StackExchange.Redis;

namespace MultiTurnTrainer.Benchmarks.Sessions;

/// <summary>
/// What many write at first: the whole history as one JSON text in Redis, read, extended by a turn and set again for every turn. No
/// version, no durability, the last writer wins; it stands beside our stores so that a reader sees what they cost and buy.
/// </summary>
internal static class PlainSessions
{
    private const int RequestsPerSecond = 200;

    /// <summary>Fills Redis, sends turns and prints one JSON object.</summary>
    public static async Task RunAsync(int sessions, int turns, int seconds)
    {
        using RedisServer server = RedisServer.Start();
        await using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(
            server.Url["redis://".Length..]
        );
        IDatabase database = redis.GetDatabase();
        string history = new JsonArray([.. Enumerable.Range(0, turns).SelectMany(Turn)]).ToJsonString();
        for (int i = 0; i < sessions; i++)
        {
            await database.StringSetAsync($"session:{i}", history);
        }

        ConcurrentBag<double> times = [];
        Random random = new(1);
        List<Task> running = [];
        Stopwatch clock = Stopwatch.StartNew();
        for (int sent = 0; sent < seconds * RequestsPerSecond; sent++)
        {
            double wait = (sent * 1000.0 / RequestsPerSecond) - clock.Elapsed.TotalMilliseconds;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(0, wait)));
            string key = $"session:{random.Next(sessions)}";
            running.Add(Task.Run(() => TurnAsync(database, key, times)));
        }

        await Task.WhenAll(running);
        double[] sorted = [.. times.Order()];
        Console.WriteLine(
            JsonSerializer.Serialize(
                new
                {
                    store = "plain SET session json",
                    sessions,
                    turns,
                    requests = sorted.Length,
                    bytes_of_a_session = history.Length,
                    milliseconds = new
                    {
                        p50 = Math.Round(sorted[sorted.Length / 2], 2),
                        p99 = Math.Round(sorted[(int)(sorted.Length * 0.99)], 2),
                    },
                }
            )
        );
    }

    private static async Task TurnAsync(IDatabase database, string key, ConcurrentBag<double> times)
    {
        long start = Stopwatch.GetTimestamp();
        JsonArray history = JsonNode.Parse((string)(await database.StringGetAsync(key))!)!.AsArray();
        foreach (JsonNode message in Turn(history.Count / 2))
        {
            history.Add(message);
        }

        await database.StringSetAsync(key, history.ToJsonString());
        times.Add(Stopwatch.GetElapsedTime(start).TotalMilliseconds);
    }

    // As long as what SessionLoad says and is answered.
    private static IEnumerable<JsonNode> Turn(int turn) =>
        [
            new JsonObject
            {
                ["role"] = "user",
                ["content"] =
                    $"In turn {turn} the parcel with number {turn * 7919} has not arrived; please look where it is and tell me by mail.",
            },
            new JsonObject
            {
                ["role"] = "assistant",
                ["content"] =
                    "It was sent on Monday and is on its way; I have asked the carrier where it is and write to you by mail, not by phone.",
            },
        ];
}
