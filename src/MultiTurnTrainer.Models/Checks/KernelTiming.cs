namespace MultiTurnTrainer.Models.Checks;

/// <summary>What a kernel takes, forward and backward, beside the same in plain operators.</summary>
/// <param name="Kernel">Which kernel.</param>
/// <param name="Type">The element type of its input.</param>
/// <param name="Shape">In words.</param>
/// <param name="ComposedMilliseconds">Plain operators, median.</param>
/// <param name="Milliseconds">The kernel's backend for the device, median.</param>
public sealed record KernelTimingResult(
    string Kernel,
    string Type,
    string Shape,
    double ComposedMilliseconds,
    double Milliseconds
)
{
    /// <summary>How many times faster the kernel is.</summary>
    public double Gain => ComposedMilliseconds / Milliseconds;
}

/// <summary>Times the backends that serve a device.</summary>
public static class KernelTiming
{
    private const int Repeats = 15;

    /// <summary>Every kernel in both types.</summary>
    public static IEnumerable<KernelTimingResult> Run(Device device) => Run(device, new KernelSizes(), Repeats);

    internal static IEnumerable<KernelTimingResult> Run(Device device, KernelSizes sizes, int repeats) =>
        ((ScalarType[])[float32, bfloat16])
            .SelectMany(type => new KernelCases(device, type, sizes).All())
            .Select(each => Time(device, each, repeats));

    private static KernelTimingResult Time(Device device, KernelCase each, int repeats)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor[] inputs = each.Inputs();
        return new(
            each.Kernel,
            $"{each.Type}",
            each.Shape,
            Median(() => each.Composed(inputs)),
            Median(() => each.Fast(inputs))
        );

        double Median(Action work) =>
            Timing.Median(
                device,
                repeats,
                () =>
                {
                    using DisposeScope inner = NewDisposeScope();
                    work();
                }
            );
    }
}
