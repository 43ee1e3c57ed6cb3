using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Training.Processes;

/// <summary>Which of several processes this one is, as whoever started them says it in the environment.</summary>
/// <param name="Rank">This process, from 0.</param>
/// <param name="World">How many there are.</param>
/// <param name="Host">The machine of the store that they meet at: that of rank 0.</param>
/// <param name="Port">The store's port.</param>
public sealed partial record LaunchPlace(int Rank, int World, string Host, int Port)
{
    private const int DefaultPort = 29500;

    /// <summary>Its number among the processes of its machine; null where it is not said.</summary>
    public int? LocalRank { get; init; }

    /// <summary>How many processes its machine has; null where it is not said.</summary>
    public int? LocalWorld { get; init; }

    /// <summary>Whether torchrun's agent serves the store, and rank 0 is a client as all are.</summary>
    public bool HasAgent { get; init; }

    /// <summary>Which start of the job it is; torchrun's agent keeps what an earlier one left.</summary>
    public string Attempt { get; init; } = "";

    /// <summary>
    /// Reads torchrun's variables (RANK, WORLD_SIZE, LOCAL_RANK, MASTER_ADDR, MASTER_PORT), Open MPI's (OMPI_*), those of a step of Slurm
    /// (SLURM_*) or of another MPI (PMI_*), in this order.
    /// </summary>
    /// <param name="variable">The value of a variable; null where it is not set.</param>
    /// <returns>Null where there is one process alone.</returns>
    /// <exception cref="MttException">The variables contradict each other, or one is missing.</exception>
    public static LaunchPlace? Find(Func<string, string?> variable)
    {
        Variables known = new(variable);
        LaunchPlace? found = FromTorchrun(known) ?? FromOpenMpi(known) ?? FromSlurm(known) ?? FromPmi(known);
        if (found is null || found.World == 1)
        {
            return null;
        }

        return found.Rank < found.World
            ? found
            : throw new MttException(
                $"rank {found.Rank} of {found.World} processes: ranks count from 0",
                "Start the processes with torchrun, srun or mpirun, or see to RANK and WORLD_SIZE."
            );
    }

    private static LaunchPlace? FromTorchrun(Variables known)
    {
        if (known.Number("WORLD_SIZE") is not { } world || (world > 1 && known.Text("RANK") is null))
        {
            return known.Text("RANK") is null && known.Text("WORLD_SIZE") is null
                ? null
                : throw new MttException(
                    "of RANK and WORLD_SIZE one is set and the other is not",
                    "Set both, or neither: one process needs none of them."
                );
        }

        return world == 1
            ? new LaunchPlace(0, 1, "", 0)
            : new LaunchPlace(known.Require("RANK"), world, known.Host(null), known.Port(DefaultPort))
            {
                LocalRank = known.Number("LOCAL_RANK"),
                LocalWorld = known.Number("LOCAL_WORLD_SIZE"),
                HasAgent = known.Text("TORCHELASTIC_USE_AGENT_STORE") == "True",
                Attempt = $"{known.Text("TORCHELASTIC_RUN_ID")}.{known.Text("TORCHELASTIC_RESTART_COUNT")}",
            };
    }

    private static LaunchPlace? FromOpenMpi(Variables known) =>
        known.Number("OMPI_COMM_WORLD_SIZE") is { } world
            ? OnOneMachine(
                known,
                known.Require("OMPI_COMM_WORLD_RANK"),
                world,
                known.Number("OMPI_COMM_WORLD_LOCAL_RANK"),
                known.Number("OMPI_COMM_WORLD_LOCAL_SIZE"),
                known.Text("PMIX_NAMESPACE") ?? known.Text("OMPI_MCA_ess_base_jobid")
            )
            : null;

    // A batch script has SLURM_PROCID too: only a step, which srun starts, has a number of tasks.
    private static LaunchPlace? FromSlurm(Variables known) =>
        known.Number("SLURM_STEP_NUM_TASKS") is { } world
            ? new LaunchPlace(
                known.Require("SLURM_PROCID"),
                world,
                known.Host(FirstHost(known.Text("SLURM_STEP_NODELIST") ?? known.Text("SLURM_NODELIST"))),
                known.Port(PortOf($"{known.Text("SLURM_JOB_ID")}.{known.Text("SLURM_STEP_ID")}"))
            )
            {
                LocalRank = known.Number("SLURM_LOCALID"),
            }
            : null;

    private static LaunchPlace? FromPmi(Variables known) =>
        known.Number("PMI_SIZE") is { } world
            ? OnOneMachine(
                known,
                known.Require("PMI_RANK"),
                world,
                known.Number("MPI_LOCALRANKID"),
                known.Number("MPI_LOCALNRANKS"),
                known.Text("PMI_JOBID")
            )
            : null;

    // MPI does not say where rank 0 runs, but on one machine that is clear.
    private static LaunchPlace OnOneMachine(
        Variables known,
        int rank,
        int world,
        int? localRank,
        int? localWorld,
        string? job
    ) =>
        new(rank, world, known.Host(localWorld == world ? "127.0.0.1" : null), known.Port(PortOf(job)))
        {
            LocalRank = localRank,
            LocalWorld = localWorld,
        };

    /// <summary>The first machine of Slurm's list: <c>node03</c> of <c>node[03-10,12]</c>.</summary>
    private static string? FirstHost(string? list) =>
        list is null ? null
        : FirstOfList().Match(list) is { Success: true } match ? match.Groups[1].Value + match.Groups[2].Value
        : list;

    // Two jobs on a machine must not meet at one port; FNV-1a is the same in every process.
    private static int PortOf(string? job)
    {
        uint hash = 2166136261;
        foreach (char letter in job ?? "")
        {
            hash = (hash ^ letter) * 16777619;
        }

        return job is null ? DefaultPort : 20000 + (int)(hash % 10000);
    }

    [GeneratedRegex(@"^([^\[,]+)(?:\[([0-9]+))?")]
    private static partial Regex FirstOfList();

    private sealed class Variables(Func<string, string?> variable)
    {
        public string? Text(string name) => variable(name) is { Length: > 0 } text ? text : null;

        public int? Number(string name) =>
            Text(name) is not { } text ? null
            : int.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out int number) ? number
            : throw new MttException($"{name}={text} is no number", "Unset it, or set it to a whole number.");

        public int Require(string name) => Number(name) ?? throw Missing(name, "this process' number, from 0");

        public string Host(string? otherwise) =>
            Text("MASTER_ADDR") ?? otherwise ?? throw Missing("MASTER_ADDR", "the machine of rank 0");

        public int Port(int otherwise) => Number("MASTER_PORT") ?? otherwise;

        private static MttException Missing(string name, string what) =>
            new($"several processes were started, and {name} is not set", $"Set {name} to {what}, in every process.");
    }
}
