using System.Diagnostics.CodeAnalysis;

namespace MultiTurnTrainer.Training.Processes;

/// <summary>How processes find each other, and find out whether they are about to do the same, before anything large is read.</summary>
/// <param name="store">Where they meet.</param>
/// <param name="place">This process.</param>
/// <param name="limit">How long they wait for each other.</param>
internal sealed class RankMeeting(TcpStore store, LaunchPlace place, TimeSpan limit)
{
    private const string Same =
        "Start the same mtt with the same command line, settings, data and model in every process.";

    private static readonly TimeSpan _glance = TimeSpan.FromMilliseconds(50);

    private readonly long _begin = Stopwatch.GetTimestamp();

    /// <summary>Serves the store, or connects to it.</summary>
    /// <exception cref="MttException">It cannot.</exception>
    public static TcpStore Open(LaunchPlace place, bool serves, TimeSpan limit)
    {
        try
        {
            return TcpStore.Open(place.Host, place.Port, serves, limit);
        }
        catch (ExternalException problem)
        {
            string reason = problem.Message.Split('\n')[0];
            throw serves
                ? new MttException(
                    $"rank 0 cannot serve the store at port {place.Port}: {reason}",
                    "Set MASTER_PORT to a port that is free on the machine of rank 0, in every process.",
                    problem
                )
                : new MttException(
                    $"rank {place.Rank} of {place.World} on {Environment.MachineName} does not reach rank 0 at {place.Host}:{place.Port}: {reason}",
                    "See to MASTER_ADDR and MASTER_PORT, to the network between the machines, and that rank 0 runs.",
                    problem
                );
        }
    }

    /// <summary>Compares every process with rank 0, and returns when all are there and the same.</summary>
    /// <param name="identity">What must be the same, by name.</param>
    /// <returns>The machine of each, by rank.</returns>
    /// <exception cref="MttException">One differs, or is not there in time.</exception>
    public string[] Meet(IReadOnlyDictionary<string, string> identity)
    {
        Dictionary<string, string> own = new(identity) { ["world size"] = Invariant($"{place.World}") };
        store.Set(Key($"beat/{place.Rank}"), []);
        if (place.Rank == 0)
        {
            store.Set(Key("identity"), RecordJson.ToLine(own));
        }
        else
        {
            Await(Key("identity"), 0);
            RequireSame(RecordJson.Read<Dictionary<string, string>>(store.Get(Key("identity"))), own);
        }

        store.Set(Key($"met/{place.Rank}"), Encoding.UTF8.GetBytes(Environment.MachineName));
        string[] machines = new string[place.World];
        for (int rank = 0; rank < place.World; rank++)
        {
            Await(Key($"met/{rank}"), rank);
            machines[rank] = Encoding.UTF8.GetString(store.Get(Key($"met/{rank}")));
        }

        return machines;
    }

    private void Await(string key, int rank)
    {
        for (; !store.Has(key); Thread.Sleep(_glance))
        {
            if (store.Has(Key(RankNames.Verdict)))
            {
                throw new MttException(Encoding.UTF8.GetString(store.Get(Key(RankNames.Verdict))), Same);
            }

            if (Stopwatch.GetElapsedTime(_begin) > limit)
            {
                Fail(
                    Invariant($"rank {rank} of {place.World} has not come within {limit.TotalSeconds:0} s"),
                    "See to its log; where processes start slowly, raise train.ddp_timeout, half of the time they have."
                );
            }
        }
    }

    private void RequireSame(Dictionary<string, string> first, Dictionary<string, string> own)
    {
        string[] different =
        [
            .. first
                .Keys.Union(own.Keys)
                .Where(name => first.GetValueOrDefault(name) != own.GetValueOrDefault(name))
                .Order(StringComparer.Ordinal)
                .Select(name => $"{name} ({Shown(first, name)} at rank 0, {Shown(own, name)} here)"),
        ];
        if (different.Length > 0)
        {
            Fail(
                $"rank {place.Rank} of {place.World} on {Environment.MachineName} is about to do something else than rank 0: {string.Join(", ", different)}",
                Same
            );
        }
    }

    [DoesNotReturn]
    private void Fail(string message, string remedy)
    {
        store.Set(Key(RankNames.Verdict), Encoding.UTF8.GetBytes(message));
        if (place.Rank == 0)
        {
            Thread.Sleep(RankWatch.Farewell);
        }

        throw new MttException(message, remedy);
    }

    private string Key(string name) => RankNames.Key(place, name);

    private static string Shown(Dictionary<string, string> identity, string name) =>
        identity.GetValueOrDefault(name) is { Length: > 0 } value ? value : "none";
}
