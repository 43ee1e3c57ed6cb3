namespace MultiTurnTrainer.Training.Processes;

/// <summary>The processes of a run by their ranks, and their keys in the store.</summary>
/// <param name="place">This process.</param>
/// <param name="machines">The machine of each.</param>
internal sealed class RankNames(LaunchPlace place, IReadOnlyList<string> machines)
{
    /// <summary>The key of why the run ends before its end.</summary>
    public const string Verdict = "verdict";

    /// <summary>This process.</summary>
    public int Rank => place.Rank;

    /// <summary>How many there are.</summary>
    public int World => place.World;

    /// <summary>A process in words.</summary>
    public string this[int rank] => $"rank {rank} of {World} on {machines[rank]}";

    /// <summary>How many processes this machine has.</summary>
    public int LocalWorld => place.LocalWorld ?? machines.Count(machine => machine == machines[Rank]);

    /// <summary>This process among those of its machine.</summary>
    public int LocalRank => place.LocalRank ?? machines.Take(Rank).Count(machine => machine == machines[Rank]);

    /// <summary>The network interface that collectives go over; empty for that of the machine's name.</summary>
    public string Interface =>
        Environment.GetEnvironmentVariable("GLOO_SOCKET_IFNAME")
        ?? (machines.Distinct(StringComparer.Ordinal).Count() == 1 ? "lo" : "");

    /// <summary>A key of this start of the run.</summary>
    public string Key(string name) => Key(place, name);

    /// <inheritdoc cref="Key(string)"/>
    public static string Key(LaunchPlace place, string name) => $"mtt/{place.Attempt}/{name}";
}
