namespace MultiTurnTrainer.Training.Loop;

/// <summary>Memory of the process, the machine and the device.</summary>
internal static class PeakMemory
{
    private const double Megabyte = 1 << 20;

    /// <summary>
    /// The most memory so far in 2²⁰ bytes: what libtorch has reserved on a GPU, else (also where it does not tell) what
    /// of the process was resident.
    /// </summary>
    public static double ReadMb(Device device)
    {
        if (device.type == DeviceType.CUDA && TorchRuntime.CudaMemory(device) is { } memory)
        {
            return memory.PeakReserved / Megabyte;
        }

        using Process process = Process.GetCurrentProcess();
        return process.PeakWorkingSet64 / Megabyte;
    }

    /// <summary>Bytes that can still be had where a run computes; unbounded where nobody says.</summary>
    public static double FreeBytes(Device device)
    {
        const string counts = "/proc/meminfo";
        if (device.type == DeviceType.CUDA)
        {
            return CudaCard.FreeBytes(device);
        }

        if (!File.Exists(counts))
        {
            return double.PositiveInfinity;
        }

        string? line = File.ReadLines(counts)
            .FirstOrDefault(text => text.StartsWith("MemAvailable:", StringComparison.Ordinal));
        string? kilobytes = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries).ElementAtOrDefault(1);
        return double.TryParse(kilobytes, CultureInfo.InvariantCulture, out double value)
            ? value * 1024
            : double.PositiveInfinity;
    }
}
