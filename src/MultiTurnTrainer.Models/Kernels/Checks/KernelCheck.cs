using MultiTurnTrainer.Models.Kernels.CrossEntropy;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Kernels.Checks;

/// <summary>One kernel's face against plain operators in double precision.</summary>
/// <param name="Kernel">Which kernel.</param>
/// <param name="Type">The element type of its input.</param>
/// <param name="Shape">In words.</param>
/// <param name="Error">The largest error of any result, over the largest value of that result's row.</param>
/// <param name="Tolerance">What is allowed.</param>
public sealed record KernelCheckResult(string Kernel, string Type, string Shape, double Error, double Tolerance)
{
    /// <summary>Whether the error is within the tolerance.</summary>
    public bool Passed => Error <= Tolerance;
}

/// <summary>Checks the faces that serve a device, on that device, where the tests cannot: on the user's GPU.</summary>
public static class KernelCheck
{
    /// <summary>Every kernel, type and shape.</summary>
    public static IEnumerable<KernelCheckResult> Run(Device device)
    {
        manual_seed(20);
        foreach (int vocabulary in (int[])[521, 32003, 128256])
        {
            foreach (RowOptions options in (RowOptions[])[new(Metrics: true), new(30, 0.1f, 1e-3f, true, true)])
            {
                yield return CrossEntropy(device, vocabulary, float32, float32, options);
                yield return CrossEntropy(device, vocabulary, float32, bfloat16, options);
                yield return CrossEntropy(device, vocabulary, bfloat16, bfloat16, options);
            }
        }
    }

    private static KernelCheckResult CrossEntropy(
        Device device,
        int vocabulary,
        ScalarType type,
        ScalarType gradientType,
        RowOptions options
    )
    {
        using DisposeScope scope = NewDisposeScope();
        const int rows = 37;
        Tensor logits = (randn(rows, vocabulary, device: device) * 5).to(type);
        Tensor labels = randint(0, vocabulary, [rows], int32, device);
        Tensor coefficients = rand([rows], float32, device) + 0.1;
        Tensor exact = logits.to(float64);
        Tensor exactStatistics = zeros(rows, 4, float64, device);
        new ComposedRows().Run(exact, labels, coefficients.to(float64), exactStatistics, options, float64);
        Tensor statistics = zeros(rows, 4, float32, device);
        Tensor gradient = MaskedCrossEntropy
            .RowKernel(logits)
            .Run(logits, labels, coefficients, statistics, options, gradientType);
        double error = Math.Max(
            RowError(exact, gradient),
            // Statistics are near 10: the same relative measure.
            gradientType == float32
                ? RowError(exactStatistics, statistics)
                : 0
        );
        string name = options.SoftCap > 0 ? "cross-entropy, cap, smoothing, z-loss" : "cross-entropy";
        double tolerance = gradientType == float32 ? 1e-5 : 4e-3;
        return new(
            name,
            type == gradientType ? $"{type}" : $"{type} to {gradientType}",
            $"{rows} x {vocabulary}",
            error,
            tolerance
        );
    }

    private static double RowError(Tensor exact, Tensor given)
    {
        Tensor error = (exact - given.to(float64)).abs().amax([-1]);
        return (error / exact.abs().amax([-1]).clamp(min: 1e-30)).max().item<double>();
    }
}
