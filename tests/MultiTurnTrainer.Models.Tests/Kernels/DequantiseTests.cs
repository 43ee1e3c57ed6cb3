using MultiTurnTrainer.Models.Kernels;
using MultiTurnTrainer.Models.Kernels.Dequantise;
using MultiTurnTrainer.Models.Kernels.Lora;
using MultiTurnTrainer.Models.Tests.Kernels.Simt;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Kernels;

/// <summary>Every backend gives the numbers of the plain operators, bit for bit, whatever the blocks.</summary>
public class DequantiseTests
{
    public static TheoryData<string, string, int> Cases =>
        new(
            from backend in (string[])["cpu", "simt"]
            from type in (string[])["Float32", "BFloat16"]
            from perByte in (int[])[1, 2]
            select (backend, type, perByte)
        );

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_OfBlocksOfEveryKind_EqualsThePlainOperators(string backend, string type, int perByte)
    {
        ScalarType element = Enum.Parse<ScalarType>(type);
        Backends.Launcher = backend == "simt" ? new SimtLauncher() : null;
        try
        {
            // Flat blocks across rows and a short last one; rows; tiles cut at both edges; one scale for all.
            foreach (
                BlockGrid grid in (BlockGrid[])
                    [
                        BlockGrid.Flat(37 * 61, 64),
                        BlockGrid.Flat(1, 64),
                        BlockGrid.Flat(2 * 1536, 32),
                        new(19, 130, 1, 130),
                        new(300, 136, 128, 128),
                        new(5, 96, 1, 32),
                        new(7, 22, 7, 22),
                    ]
            )
            {
                using DisposeScope scope = NewDisposeScope();
                using QuantisedMatrix matrix = Matrix(grid, perByte);
                Tensor expected = DequantiseKernel.Composed(matrix, element);
                Tensor given = matrix.Dequantise(element);
                Assert.Equal(expected.bytes.ToArray(), given.bytes.ToArray());
            }
        }
        finally
        {
            Backends.Launcher = null;
        }
    }

    [Fact]
    public void Run_LeavesNoTensorBehind()
    {
        using QuantisedMatrix matrix = Matrix(BlockGrid.Flat(640, 64), 2);
        long before = DisposeScopeManager.Statistics.ThreadTotalLiveCount;
        matrix.Dequantise(float32).Dispose();
        Assert.Equal(before, DisposeScopeManager.Statistics.ThreadTotalLiveCount);
    }

    [Fact]
    public void Products_OfCodes_EqualThoseOfTheirNumbers()
    {
        using DisposeScope scope = NewDisposeScope();
        using QuantisedMatrix matrix = Matrix(new BlockGrid(48, 64, 1, 32), 2);
        // Drawn once: other tests draw from the same generator at the same time.
        Tensor input = randn(9, 64);
        Tensor of = randn(9, 48);
        (Tensor result, Tensor gradient) = Multiply(new LoraModule(null, Quantised: matrix));
        (Tensor wanted, Tensor wantedGradient) = Multiply(new LoraModule(matrix.Dequantise(float32)));
        Assert.Equal(wanted.bytes.ToArray(), result.bytes.ToArray());
        Assert.Equal(wantedGradient.bytes.ToArray(), gradient.bytes.ToArray());

        (Tensor, Tensor) Multiply(LoraModule module)
        {
            Tensor own = input.clone().requires_grad_();
            Tensor result = LoraProducts.Run(own, [module])[0];
            result.backward([of]);
            return (result.detach(), own.grad!);
        }
    }

    private static QuantisedMatrix Matrix(BlockGrid grid, int perByte)
    {
        manual_seed(7);
        long bytes = (grid.Count + perByte - 1) / perByte;
        return new QuantisedMatrix(
            randint(0, 256, [bytes], ScalarType.Int64).to(ScalarType.Byte).DetachFromDisposeScope(),
            randn([256, perByte], float32).DetachFromDisposeScope(),
            new BlockScales(rand([grid.BlocksDown * grid.BlocksAcross], float32).DetachFromDisposeScope()),
            grid,
            grid.Rows,
            grid.Columns,
            1f / 127
        );
    }
}
