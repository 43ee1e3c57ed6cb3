using System.Diagnostics;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>The process's memory.</summary>
internal static class PeakMemory
{
    /// <summary>The highest resident memory so far, in 2²⁰ bytes.</summary>
    public static double ReadMb()
    {
        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / (double)(1 << 20);
    }
}
