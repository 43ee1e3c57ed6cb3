using System.Collections.Concurrent;
using System.Diagnostics;
using System.Text.Json;
using System.Text.Json.Nodes;
using Microsoft.Data.Sqlite;
using MultiTurnTrainer.Testing;
using StackExchange.Redis;

namespace MultiTurnTrainer.Benchmarks.Sessions;

/// <summary>
/// What many write at first: the whole history as one JSON text under the session's key, read, extended by a turn and set again for every
/// turn. No version, the last writer wins; it stands beside our stores so that a reader sees what they cost and buy.
/// </summary>
internal static class PlainSessions
{
    private const int RequestsPerSecond = 200;

    /// <summary>Fills Redis or a SQLite file in this folder, sends turns and prints one JSON object.</summary>
    public static async Task RunAsync(string kind, string folder, int sessions, int turns, int seconds)
    {
        using PlainStore store = kind == "sqlite" ? new PlainSqlite(folder) : new PlainRedis();
        string history = new JsonArray([.. Enumerable.Range(0, turns).SelectMany(Turn)]).ToJsonString();
        await store.FillAsync([.. Enumerable.Range(0, sessions).Select(Key)], history);
        ConcurrentBag<(double Read, double Whole)> times = [];
        Random random = new(1);
        List<Task> running = [];
        Stopwatch clock = Stopwatch.StartNew();
        for (int sent = 0; sent < seconds * RequestsPerSecond; sent++)
        {
            double wait = (sent * 1000.0 / RequestsPerSecond) - clock.Elapsed.TotalMilliseconds;
            await Task.Delay(TimeSpan.FromMilliseconds(Math.Max(0, wait)));
            string key = Key(random.Next(sessions));
            running.Add(Task.Run(() => TurnAsync(store, key, times)));
        }

        await Task.WhenAll(running);
        Console.WriteLine(
            JsonSerializer.Serialize(
                new
                {
                    store = $"{kind}: plain SET session json",
                    sessions,
                    turns,
                    requests = times.Count,
                    bytes_of_a_session = history.Length,
                    milliseconds = new
                    {
                        read = Quantiles.Of(times.Select(time => time.Read)),
                        whole = Quantiles.Of(times.Select(time => time.Whole)),
                    },
                },
                JsonSerializerOptions.Web
            )
        );
    }

    private static string Key(int session) => FormattableString.Invariant($"session:{session}");

    private static async Task TurnAsync(PlainStore store, string key, ConcurrentBag<(double, double)> times)
    {
        long start = Stopwatch.GetTimestamp();
        JsonArray history = JsonNode.Parse(await store.GetAsync(key))!.AsArray();
        double read = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        foreach (JsonNode message in Turn(history.Count / 2))
        {
            history.Add(message);
        }

        await store.SetAsync(key, history.ToJsonString());
        times.Add((read, Stopwatch.GetElapsedTime(start).TotalMilliseconds));
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

    private abstract class PlainStore : IDisposable
    {
        public abstract Task FillAsync(string[] keys, string value);

        public abstract Task<string> GetAsync(string key);

        public abstract Task SetAsync(string key, string value);

        public abstract void Dispose();
    }

    private sealed class PlainRedis : PlainStore
    {
        private readonly RedisServer _server = RedisServer.Start();
        private readonly ConnectionMultiplexer _redis;

        public PlainRedis() => _redis = ConnectionMultiplexer.Connect(_server.Url["redis://".Length..]);

        public override async Task FillAsync(string[] keys, string value)
        {
            foreach (string key in keys)
            {
                await SetAsync(key, value);
            }
        }

        public override async Task<string> GetAsync(string key) => (await _redis.GetDatabase().StringGetAsync(key))!;

        public override Task SetAsync(string key, string value) => _redis.GetDatabase().StringSetAsync(key, value);

        public override void Dispose()
        {
            _redis.Dispose();
            _server.Dispose();
        }
    }

    /// <summary>As durable as our own store: each value is on the disk when it is set.</summary>
    private sealed class PlainSqlite : PlainStore
    {
        private readonly Lock _turn = new();
        private readonly SqliteConnection _connection;

        public PlainSqlite(string folder)
        {
            _connection = new SqliteConnection($"Data Source={Path.Combine(folder, "plain.db")};Pooling=False");
            _connection.Open();
            Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL");
            Run("CREATE TABLE sessions (key TEXT PRIMARY KEY, json TEXT NOT NULL)");
        }

        public override Task FillAsync(string[] keys, string value)
        {
            using SqliteTransaction all = _connection.BeginTransaction();
            foreach (string key in keys)
            {
                Run("INSERT INTO sessions VALUES ($key, $json)", ("$key", key), ("$json", value));
            }

            all.Commit();
            return Task.CompletedTask;
        }

        public override Task<string> GetAsync(string key)
        {
            lock (_turn)
            {
                using SqliteCommand command = Command("SELECT json FROM sessions WHERE key = $key", ("$key", key));
                return Task.FromResult((string)command.ExecuteScalar()!);
            }
        }

        public override Task SetAsync(string key, string value)
        {
            lock (_turn)
            {
                Run("UPDATE sessions SET json = $json WHERE key = $key", ("$key", key), ("$json", value));
            }

            return Task.CompletedTask;
        }

        public override void Dispose() => _connection.Dispose();

        private void Run(string sql, params (string, string)[] values)
        {
            using SqliteCommand command = Command(sql, values);
            command.ExecuteNonQuery();
        }

        private SqliteCommand Command(string sql, params (string Name, string Value)[] values)
        {
            SqliteCommand command = _connection.CreateCommand();
            command.CommandText = sql;
            foreach ((string name, string value) in values)
            {
                command.Parameters.AddWithValue(name, value);
            }

            return command;
        }
    }
}
