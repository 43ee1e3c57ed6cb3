using System.Diagnostics;
using System.Runtime.InteropServices;

namespace MultiTurnTrainer.Files;

/// <summary>The processor time that the running thread has used.</summary>
public static partial class ProcessorTime
{
    private static readonly int _threadClock =
        OperatingSystem.IsLinux() ? 3
        : OperatingSystem.IsMacOS() ? 16
        : -1;

    /// <summary>Seconds of processor time of this thread; of the wall clock where the system does not tell.</summary>
    public static double OfThread() =>
        _threadClock >= 0 && ReadClock(_threadClock, out Time time) == 0
            ? time.Seconds + (time.Nanoseconds * 1e-9)
            : (double)Stopwatch.GetTimestamp() / Stopwatch.Frequency;

    [LibraryImport("libc", EntryPoint = "clock_gettime")]
    private static partial int ReadClock(int clock, out Time time);

    private struct Time
    {
        public nint Seconds;
        public nint Nanoseconds;
    }
}
