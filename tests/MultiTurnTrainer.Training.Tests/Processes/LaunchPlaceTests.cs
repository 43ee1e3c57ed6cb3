using MultiTurnTrainer.Files;
using MultiTurnTrainer.Training.Processes;

namespace MultiTurnTrainer.Training.Tests.Processes;

/// <summary>What the starters of several processes say in the environment.</summary>
public class LaunchPlaceTests
{
    [Theory]
    [InlineData("")]
    [InlineData("RANK=0 WORLD_SIZE=1 MASTER_ADDR=a MASTER_PORT=1")]
    [InlineData("WORLD_SIZE=1")]
    [InlineData("SLURM_PROCID=0 SLURM_NTASKS=4 SLURM_JOB_ID=7")] // a batch script, not a step
    [InlineData("SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1 SLURM_STEP_NODELIST=a SLURM_JOB_ID=7 SLURM_STEP_ID=0")]
    public void Find_OneProcess_IsNoPlace(string variables) => Assert.Null(Find(variables));

    [Theory]
    [InlineData(
        "RANK=3 WORLD_SIZE=4 LOCAL_RANK=1 LOCAL_WORLD_SIZE=2 MASTER_ADDR=head MASTER_PORT=29400",
        "3/4 head:29400 1/2"
    )]
    [InlineData("RANK=0 WORLD_SIZE=2 MASTER_ADDR=::1", "0/2 ::1:29500 /")]
    [InlineData(
        "SLURM_PROCID=5 SLURM_STEP_NUM_TASKS=8 SLURM_LOCALID=1 SLURM_STEP_NODELIST=gpu[03-04,7] MASTER_PORT=4000",
        "5/8 gpu03:4000 1/"
    )]
    [InlineData("SLURM_PROCID=1 SLURM_STEP_NUM_TASKS=2 SLURM_STEP_NODELIST=n1,n2 MASTER_PORT=4000", "1/2 n1:4000 /")]
    [InlineData(
        "OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=2 OMPI_COMM_WORLD_LOCAL_RANK=1 OMPI_COMM_WORLD_LOCAL_SIZE=2 MASTER_PORT=4000 SLURM_PROCID=0 SLURM_STEP_NUM_TASKS=1",
        "1/2 127.0.0.1:4000 1/2"
    )]
    [InlineData("PMI_RANK=1 PMI_SIZE=2 MASTER_ADDR=head", "1/2 head:29500 /")]
    public void Find_Starters_AreUnderstood(string variables, string expected)
    {
        LaunchPlace place = Find(variables)!;
        Assert.Equal(
            expected,
            $"{place.Rank}/{place.World} {place.Host}:{place.Port} {place.LocalRank}/{place.LocalWorld}"
        );
    }

    [Theory]
    [InlineData("RANK=1", "RANK and WORLD_SIZE")]
    [InlineData("WORLD_SIZE=2", "RANK and WORLD_SIZE")]
    [InlineData("RANK=2 WORLD_SIZE=2 MASTER_ADDR=a", "rank 2 of 2")]
    [InlineData("RANK=0 WORLD_SIZE=2", "MASTER_ADDR")]
    [InlineData("RANK=one WORLD_SIZE=2 MASTER_ADDR=a", "RANK=one")]
    [InlineData("OMPI_COMM_WORLD_RANK=1 OMPI_COMM_WORLD_SIZE=4 OMPI_COMM_WORLD_LOCAL_SIZE=2", "MASTER_ADDR")]
    public void Find_WhatDoesNotFit_IsNamed(string variables, string named) =>
        Assert.Contains(named, Assert.Throws<MttException>(() => Find(variables)).Message, StringComparison.Ordinal);

    /// <summary>Two jobs of a machine meet at two ports, and all processes of one at the same.</summary>
    [Fact]
    public void Find_JobsOfSlurm_HavePortsOfTheirOwn()
    {
        int Port(int rank, int job) =>
            Find(
                $"SLURM_PROCID={rank} SLURM_STEP_NUM_TASKS=2 SLURM_STEP_NODELIST=a SLURM_JOB_ID={job} SLURM_STEP_ID=0"
            )!.Port;
        Assert.Equal(Port(0, 41), Port(1, 41));
        Assert.NotEqual(Port(0, 41), Port(0, 42));
        Assert.InRange(Port(0, 41), 20000, 29999);
    }

    [Fact]
    public void Find_AgentOfTorchrun_ServesTheStore()
    {
        const string common = "RANK=0 WORLD_SIZE=2 MASTER_ADDR=a TORCHELASTIC_RUN_ID=x TORCHELASTIC_RESTART_COUNT=1";
        Assert.False(Find(common)!.HasAgent);
        LaunchPlace place = Find($"{common} TORCHELASTIC_USE_AGENT_STORE=True")!;
        Assert.True(place.HasAgent);
        Assert.Equal("x.1", place.Attempt);
    }

    private static LaunchPlace? Find(string variables)
    {
        Dictionary<string, string> set = variables
            .Split(' ', StringSplitOptions.RemoveEmptyEntries)
            .Select(one => one.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        return LaunchPlace.Find(name => set.GetValueOrDefault(name));
    }
}
