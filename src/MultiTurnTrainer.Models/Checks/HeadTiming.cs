using MultiTurnTrainer.Models.Kernels.CrossEntropy;

namespace MultiTurnTrainer.Models.Checks;

/// <summary>What the head took.</summary>
/// <param name="Milliseconds">Forward and backward, median.</param>
/// <param name="Teraflops">Of the two products that are needed.</param>
/// <param name="WorkspaceBytes">Of libtorch beyond inputs and result, at most; null where it is not counted.</param>
/// <param name="EagerMilliseconds">The same by linear, cross_entropy and autograd on the filtered rows; null when that runs out of memory.</param>
public sealed record HeadTimingResult(
    double Milliseconds,
    double Teraflops,
    long? WorkspaceBytes,
    double? EagerMilliseconds
);

/// <summary>Times the head on random data, beside what plain operators take on the rows that carry a label.</summary>
public static class HeadTiming
{
    /// <summary>N hidden states of length H, a frozen head of V tokens.</summary>
    public static HeadTimingResult Run(
        long states,
        long vocabulary,
        long width,
        double share,
        ScalarType type,
        Device device,
        int repeats = 10
    )
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(1);
        Tensor hidden = randn(states, width, device: device).to(type);
        Tensor weight = (randn(vocabulary, width, device: device) * (1 / Math.Sqrt(width))).to(type);
        long count = Math.Max(1, (long)Math.Round(states * share));
        int[] labels = new int[states];
        Array.Fill(labels, HeadTargets.Ignored);
        for (long i = 0; i < count; i++)
        {
            // Times a prime, so that neighbours have labels far apart.
            labels[i * states / count] = (int)(i * 7919 % vocabulary);
        }

        HeadTargets targets = HeadTargets.FromAligned(labels);
        FrozenHead head = new(weight);
        double own = Timing.Median(
            device,
            repeats,
            () => MaskedCrossEntropy.Run(hidden, targets, head, 1.0 / targets.Count).Dispose()
        );
        long? workspace = MeasureWorkspace(
            device,
            () => MaskedCrossEntropy.Run(hidden, targets, head, 1.0 / targets.Count),
            hidden.numel() * hidden.ElementSize
        );
        double? eager = null;
        try
        {
            Tensor rows = torch.tensor(Array.ConvertAll(targets.Rows, row => (long)row), device: device);
            Tensor target = torch.tensor(Array.ConvertAll(targets.Labels, label => (long)label), device: device);
            eager = Timing.Median(device, repeats, () => RunEager(hidden, weight, rows, target));
        }
        catch (Exception problem) when (problem.Message.Contains("memory", StringComparison.OrdinalIgnoreCase))
        {
            TorchRuntime.EmptyCudaCache();
        }

        return new(own, 4.0 * count * vocabulary * width / own / 1e9, workspace, eager);
    }

    private static void RunEager(Tensor hidden, Tensor weight, Tensor rows, Tensor target)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor leaf = hidden.detach().requires_grad_();
        Tensor logits = nn.functional.linear(leaf.index_select(0, rows), weight).to(float32);
        nn.functional.cross_entropy(logits, target).backward();
        leaf.grad!.Dispose();
    }

    private static long? MeasureWorkspace(Device device, Func<HeadResult> body, long resultBytes)
    {
        if (device.type == DeviceType.CPU)
        {
            return TorchRuntime.PeakCpuBytes(() => body().Dispose()) - resultBytes;
        }

        if (TorchRuntime.CudaMemory(device) is not { } before)
        {
            return null;
        }

        TorchRuntime.ResetCudaPeak(device);
        body().Dispose();
        return TorchRuntime.CudaMemory(device)!.PeakAllocated - before.Allocated - resultBytes;
    }
}
