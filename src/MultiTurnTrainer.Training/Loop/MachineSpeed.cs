namespace MultiTurnTrainer.Training.Loop;

/// <summary>How fast this machine multiplies matrices, the yardstick of model FLOP utilisation (MFU).</summary>
internal static class MachineSpeed
{
    // The first products warm the machine up.
    private const int Tries = 6;

    /// <summary>The best rate of some square products, in 10⁹ operations per second; well under a second.</summary>
    public static double MeasureGflops(RunPlace place)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        bool cuda = place.Device.type == DeviceType.CUDA;
        long size = cuda ? 8192 : 1024;
        // Random numbers: products of zeros run faster than any real ones.
        Tensor a = randn([size, size], dtype: ScalarType.Float32, device: place.Device).to(place.Type);
        double best = double.PositiveInfinity;
        for (int i = 0; i < Tries; i++)
        {
            long begin = Stopwatch.GetTimestamp();
            using Tensor product = a.mm(a);
            if (cuda)
            {
                torch.cuda.synchronize();
            }

            best = Math.Min(best, Stopwatch.GetElapsedTime(begin).TotalSeconds);
        }

        return 2.0 * size * size * size / best / 1e9;
    }
}
