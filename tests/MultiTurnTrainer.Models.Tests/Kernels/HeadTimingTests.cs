using MultiTurnTrainer.Models.Checks;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Kernels;

/// <summary>Alone, because tensors are counted for the whole process.</summary>
[Collection(nameof(KernelTimingTests))]
public class HeadTimingTests
{
    [Theory]
    [InlineData("Float32", 4)]
    [InlineData("BFloat16", 2)]
    public void Run_OnTheProcessor_CountsOneChunkOfLogitsAndLittleElse(string type, int size)
    {
        const long states = 2048;
        const long vocabulary = 2000;
        const long width = 32;

        long?[] bytes =
        [
            .. ((double[])[1, 0.25]).Select(share =>
                HeadTiming
                    .Run(states, vocabulary, width, share, Enum.Parse<ScalarType>(type), CPU, repeats: 1)
                    .WorkspaceBytes
            ),
        ];

        Assert.SkipWhen(bytes[0] is null, "this provider does not count the processor's memory");
        // Beside the logits stand the rows that are chosen, their gradient in both types, and some numbers a row.
        Assert.InRange(bytes[0]!.Value, states * vocabulary * 4, states * ((vocabulary * 4) + (8 * width * size) + 64));
        Assert.InRange(bytes[1]!.Value, states / 4 * vocabulary * 4, bytes[0]!.Value / 3);
    }
}
