using System.Runtime;

namespace MultiTurnTrainer.Datasets.Profiling;

/// <summary>Where the processor time of a run of <c>mtt mask</c> goes.</summary>
public sealed class RunProfile
{
    private static readonly Stage[] _stages =
    [
        Stage.Read,
        Stage.Parse,
        Stage.Render,
        Stage.Encode,
        Stage.Align,
        Stage.Write,
    ];

    private readonly List<StageClock> _clocks = [];

    /// <summary>Seconds of each stage on all threads, in the order of the work; what is left of the process comes last.</summary>
    public IReadOnlyList<(string Stage, double Seconds)> Stages
    {
        get
        {
            List<(string Stage, double Seconds)> stages =
            [
                .. _stages.Select(stage =>
                    (stage.ToString().ToLowerInvariant(), _clocks.Sum(clock => clock.SecondsOf(stage)))
                ),
            ];
            stages.Add(("other", Math.Max(0, TotalSeconds - stages.Sum(stage => stage.Seconds))));
            return stages;
        }
    }

    /// <summary>Seconds of processor time of the process so far, start-up included.</summary>
    public double TotalSeconds => Environment.CpuUsage.TotalTime.TotalSeconds;

    /// <summary>Seconds spent on compiling, inside the stages and beside them.</summary>
    public double CompilingSeconds => JitInfo.GetCompilationTime().TotalSeconds;

    /// <summary>Bytes of memory taken from the collected heap.</summary>
    public long AllocatedBytes => GC.GetTotalAllocatedBytes();

    /// <summary>A clock for a thread's work.</summary>
    internal StageClock NewClock()
    {
        StageClock clock = new();
        lock (_clocks)
        {
            _clocks.Add(clock);
        }

        return clock;
    }
}
