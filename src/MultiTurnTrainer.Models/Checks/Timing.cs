namespace MultiTurnTrainer.Models.Checks;

/// <summary>How long work takes on a device.</summary>
internal static class Timing
{
    /// <summary>Milliseconds, median, after one run that is not counted.</summary>
    public static double Median(torch.Device device, int repeats, Action body)
    {
        body();
        Wait(device);
        List<double> times = [];
        for (int i = 0; i < repeats; i++)
        {
            Stopwatch watch = Stopwatch.StartNew();
            body();
            Wait(device);
            times.Add(watch.Elapsed.TotalMilliseconds);
        }

        times.Sort();
        return times[times.Count / 2];
    }

    private static void Wait(torch.Device device)
    {
        if (device.type == DeviceType.CUDA)
        {
            torch.cuda.synchronize(device);
        }
    }
}
