using System.Globalization;

namespace MultiTurnTrainer.Serving.Tests.Faults;

/// <summary>
/// What breaks while turns are answered loses nothing and doubles nothing. Each fault happens MTT_FAULTS times, once without it, at
/// moments that differ. <see cref="ServeKillTests"/> kills a server over SQLite.
/// </summary>
public class StoreFaultTests(DatabaseServers databases, ITestOutputHelper output) : IClassFixture<DatabaseServers>
{
    private static readonly int _times = int.Parse(
        Environment.GetEnvironmentVariable("MTT_FAULTS") ?? "1",
        CultureInfo.InvariantCulture
    );

    private readonly Random _random = new(7);

    [Fact]
    public async Task Kill_OfTheServerUnderLoad_LosesAndDoublesNothing() =>
        await RunAsync(
            Hybrid(),
            1,
            async (served, _) =>
            {
                await served.KillAsync(0);
                await served.StartAsync(0);
            }
        );

    [Theory]
    [InlineData("killed")]
    [InlineData("emptied")]
    [InlineData("hung")]
    public async Task Redis_UnderLoad_CostsNoTurn(string fault) =>
        await RunAsync(
            Hybrid(),
            1,
            async (_, load) =>
            {
                switch (fault)
                {
                    case "killed":
                        databases.Redis.Kill();
                        await load.AnswerAsync(10);
                        databases.Redis.Resume();
                        break;
                    case "hung":
                        databases.Redis.Signal("STOP");
                        await load.AnswerAsync(10);
                        databases.Redis.Signal("CONT");
                        break;
                    default:
                        databases.Redis.Ask("FLUSHALL");
                        break;
                }
            }
        );

    [Theory]
    [InlineData("restarted")]
    [InlineData("hung")]
    [InlineData("cut")]
    public async Task Postgres_UnderLoad_CostsNoTurn(string fault) =>
        await RunAsync(
            ["--store", databases.Postgres.NewDatabase()],
            1,
            async (_, _) =>
            {
                switch (fault)
                {
                    case "restarted":
                        databases.Postgres.Stop();
                        databases.Postgres.Resume();
                        break;
                    case "hung":
                        databases.Postgres.Signal("STOP");
                        await Task.Delay(TimeSpan.FromSeconds(2));
                        databases.Postgres.Signal("CONT");
                        break;
                    default:
                        databases.Postgres.Execute(
                            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE application_name = 'mtt'"
                        );
                        break;
                }
            }
        );

    [Theory]
    [InlineData("sqlite")]
    [InlineData("postgres")]
    public async Task Disk_FullUnderLoad_CostsNoTurn(string kind)
    {
        using TinyDisk disk = new(kind == "sqlite" ? 16 : 160);
        using PostgresServer? own = kind == "sqlite" ? null : PostgresServer.Start(disk.Path);
        await RunAsync(
            ["--store", own?.NewDatabase() ?? $"sqlite:{disk.Path}/s.db"],
            1,
            async (_, _) =>
            {
                disk.Fill();
                await Task.Delay(TimeSpan.FromSeconds(2));
                disk.Free();
                own?.ResumeIfEnded();
            }
        );
    }

    [Fact]
    public async Task Kill_OfOneOfTwoServersUnderLoad_LosesAndDoublesNothing() =>
        await RunAsync(
            Hybrid(),
            2,
            async (served, load) =>
            {
                await served.KillAsync(0);
                await load.AnswerAsync(20);
                await served.StartAsync(0);
            }
        );

    [Fact]
    public async Task Network_ThatAnswersLate_CostsNoTurn()
    {
        using SlowLink link = new(databases.Postgres.Port);
        string url = databases
            .Postgres.NewDatabase()
            .Replace(Text(databases.Postgres.Port), Text(link.Port), StringComparison.Ordinal);
        await RunAsync(
            ["--store", url],
            1,
            async (_, _) =>
            {
                link.Delay = TimeSpan.FromMilliseconds(50 + _random.Next(100));
                await Task.Delay(TimeSpan.FromSeconds(2));
                link.Delay = TimeSpan.Zero;
            }
        );
    }

    private async Task RunAsync(string[] store, int servers, Func<ServedStore, SteadyLoad, Task> fault)
    {
        await using ServedStore served = await ServedStore.StartAsync(store, servers);
        using SteadyLoad load = new(served.Urls);
        await load.StartAsync();
        await load.AnswerAsync(10);
        for (int i = 0; i < _times; i++)
        {
            await Task.Delay(_random.Next(300));
            await fault(served, load);
            await load.AnswerAsync(10);
        }

        output.WriteLine(await load.CountAsync());
    }

    private string[] Hybrid() => ["--store", databases.Postgres.NewDatabase(), "--hot", databases.Redis.Url];

    private static string Text(int port) => port.ToString(CultureInfo.InvariantCulture);
}
