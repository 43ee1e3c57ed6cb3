using System.Collections.Concurrent;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using MultiTurnTrainer.Inference.Tests.Server;
using MultiTurnTrainer.Serving.Settings;
using MultiTurnTrainer.Sessions.Access;
using MultiTurnTrainer.Sessions.Stores;
using MultiTurnTrainer.Sessions.Stores.Hot;
using MultiTurnTrainer.Sessions.Stores.Postgres;
using StackExchange.Redis;

namespace MultiTurnTrainer.Serving.Tests.Faults;

/// <summary>A thousand sessions of twenty tenants at a time, each with a secret of its own: none is ever seen elsewhere.</summary>
public partial class IsolationTests(DatabaseServers databases, ITestOutputHelper output)
    : IClassFixture<DatabaseServers>
{
    private const int Tenants = 20;
    private const int Sessions = 1000;

    [Fact]
    public async Task Secrets_OfAThousandSessionsAtATime_AreSeenNowhereElse()
    {
        (string Key, string Hash)[] keys = [.. Enumerable.Range(0, Tenants).Select(_ => TenantKeys.New())];
        ConcurrentQueue<string> log = [];
        string url = databases.Postgres.NewDatabase();
        await using HybridSessionStore store = new(
            PostgresSessionStore.Open(url, isServer: true),
            RedisHotTier.Open(databases.Redis.Url, "isolated:", TimeSpan.FromMinutes(5), TimeSpan.FromSeconds(30))
        );
        await using TestServer server = await TestServer.StartAsync(
            request => Answers.Stream(["re: ", request.Messages[^1].Content]),
            plan =>
                plan with
                {
                    Log = log.Enqueue,
                    Sessions = new SessionsOptions(store)
                    {
                        Keys = new TenantKeys(
                            keys.Select((key, i) => ($"tenant{i}", key.Hash))
                                .ToDictionary(pair => pair.Item1, pair => (IReadOnlyList<string>)[pair.Hash])
                        ),
                    },
                }
        );
        ConcurrentDictionary<string, string> secrets = [];
        int looks = 0;
        await Parallel.ForEachAsync(
            Enumerable.Range(0, Sessions),
            new ParallelOptions { MaxDegreeOfParallelism = Sessions },
            async (i, _) =>
            {
                string secret = $"secret-{Guid.NewGuid():N}";
                int seen = await TalkAsync(server, keys[i % Tenants].Key, keys[(i + 1) % Tenants].Key, secret, secrets);
                Interlocked.Add(ref looks, seen);
            }
        );

        Assert.Equal(Sessions, secrets.Count);
        Assert.All(server.Received, request => Assert.Single(SecretsIn(request.Body.GetRawText())));
        Assert.Empty(SecretsIn(string.Join('\n', log)));
        Assert.All(keys, key => Assert.DoesNotContain(log, line => line.Contains(key.Key, StringComparison.Ordinal)));
        await foreach (SessionHeader header in store.ListAsync(new SessionQuery()))
        {
            SessionRead read = (await store.ReadAsync(header.Key))!;
            string all = string.Concat(read.Events.Select(stored => Encoding.UTF8.GetString(stored.Data.Span)));
            Assert.Equal([secrets[header.Id]], SecretsIn(all));
        }

        int cached = await LookIntoRedisAsync(secrets);
        output.WriteLine(
            $"{Sessions} sessions of {Tenants} tenants: {looks} answers and {cached} cache keys looked at"
        );
    }

    /// <summary>Talks in a session, looks at everything that it gives, and tries to get in with another tenant's key.</summary>
    private static async Task<int> TalkAsync(
        TestServer server,
        string key,
        string foreign,
        string secret,
        ConcurrentDictionary<string, string> secrets
    )
    {
        (string, string) own = ("Authorization", $"Bearer {key}");
        string id = (string)(await server.PostAsync("/v1/sessions", "{}", own)).Json["id"]!;
        secrets[id] = secret;
        // All sessions use the same idempotency keys.
        Reply[] replies =
        [
            await server.SayAsync(id, $"mine is {secret}", own, ("Idempotency-Key", "first")),
            await server.StreamAsync(id, $"again {secret}", own, ("Idempotency-Key", "second")),
            await server.SayAsync(id, $"mine is {secret}", own, ("Idempotency-Key", "first")),
            await server.GetAsync($"/v1/sessions/{id}", own),
            await server.GetAsync($"/v1/sessions/{id}/events", own),
            await server.GetAsync($"/v1/sessions/{id}/context", own),
            await server.GetAsync($"/v1/sessions/{id}/export", own),
        ];
        Assert.All(replies, reply => Assert.Equal(200, reply.Status));
        Assert.All(replies, reply => Assert.Equal([secret], SecretsIn(reply.Text)));
        (string, string) other = ("Authorization", $"Bearer {foreign}");
        Reply[] refused =
        [
            await server.GetAsync($"/v1/sessions/{id}/export", other),
            await server.SayAsync(id, "let me in", other, ("Idempotency-Key", "first")),
        ];
        Assert.All(refused, reply => Assert.Equal(404, reply.Status));
        Assert.All(refused, reply => Assert.Empty(SecretsIn(reply.Text)));
        return replies.Length + refused.Length;
    }

    private async Task<int> LookIntoRedisAsync(ConcurrentDictionary<string, string> secrets)
    {
        await using ConnectionMultiplexer redis = await ConnectionMultiplexer.ConnectAsync(
            databases.Redis.Url["redis://".Length..]
        );
        IDatabase database = redis.GetDatabase();
        int looked = 0;
        await foreach (RedisKey key in redis.GetServers()[0].KeysAsync(pattern: "isolated:*:e", pageSize: 1000))
        {
            string held = string.Concat(
                (await database.ListRangeAsync(key)).Select(value => Encoding.UTF8.GetString((byte[])value!))
            );
            string id = key.ToString().Split('/')[1].Split('}')[0];
            Assert.Equal([secrets[id]], SecretsIn(held));
            looked++;
        }

        Assert.Equal(Sessions, looked);
        return looked;
    }

    private static string[] SecretsIn(string text) =>
        [.. Secret().Matches(text).Select(match => match.Value).Distinct(StringComparer.Ordinal)];

    [GeneratedRegex("secret-[0-9a-f]{32}")]
    private static partial Regex Secret();
}
