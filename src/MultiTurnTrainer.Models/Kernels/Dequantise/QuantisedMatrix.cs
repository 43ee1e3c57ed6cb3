// Folder Dequantise: matrices held as codes and scales, and the kernel that makes numbers of them.
// Refuses to know: file formats, models, what a matrix is multiplied by.
// Shapes: o rows, i columns, k values of a byte.

namespace MultiTurnTrainer.Models.Kernels.Dequantise;

/// <summary>How a matrix is cut into blocks that share a scale.</summary>
/// <param name="Rows">Rows of what is cut: the matrix's, or 1 where its values are taken one after the other.</param>
/// <param name="Columns">Columns of it.</param>
/// <param name="BlockRows">Rows of a block; the last may have fewer.</param>
/// <param name="BlockColumns">Columns of a block; the last may have fewer.</param>
internal sealed record BlockGrid(long Rows, long Columns, long BlockRows, long BlockColumns)
{
    /// <summary>All values.</summary>
    public long Count => Rows * Columns;

    /// <summary>Blocks side by side.</summary>
    public long BlocksAcross => (Columns + BlockColumns - 1) / BlockColumns;

    /// <summary>Blocks one below the other.</summary>
    public long BlocksDown => (Rows + BlockRows - 1) / BlockRows;

    /// <summary>Values one after the other, cut into blocks of so many.</summary>
    public static BlockGrid Flat(long count, long block) => new(1, count, 1, block);
}

/// <summary>
/// A frozen matrix [o, i] as codes. A value is what its code means, times its block's scale, times a factor: both products in fp32,
/// the result rounded once to the type that is asked for.
/// </summary>
/// <param name="codes">Bytes, one after the other.</param>
/// <param name="meanings">[256, k] in fp32: the values of a byte, in their order.</param>
/// <param name="scales">One for each block, row by row.</param>
/// <param name="grid">The blocks.</param>
/// <param name="rows">o.</param>
/// <param name="columns">i.</param>
/// <param name="factor">The same for all values.</param>
internal sealed class QuantisedMatrix(
    Tensor codes,
    Tensor meanings,
    BlockScales scales,
    BlockGrid grid,
    long rows,
    long columns,
    float factor = 1
) : IDisposable
{
    public Tensor Codes => codes;

    public Tensor Meanings => meanings;

    public BlockScales Scales => scales;

    public BlockGrid Grid => grid;

    public long Rows => rows;

    public long Columns => columns;

    public float Factor => factor;

    /// <summary>The matrix as numbers, in the caller's scope.</summary>
    /// <param name="type">fp32 or bf16.</param>
    public Tensor Dequantise(ScalarType type) => DequantiseKernel.Run(this, type);

    /// <summary>The same on a device. Takes this one's place: it is disposed of where that is another device.</summary>
    public QuantisedMatrix To(Device device)
    {
        if (device.type == codes.device_type)
        {
            return this;
        }

        QuantisedMatrix moved = new(
            codes.to(device).DetachFromDisposeScope(),
            meanings.to(device).DetachFromDisposeScope(),
            scales.To(device),
            grid,
            rows,
            columns,
            factor
        );
        Dispose();
        return moved;
    }

    public void Dispose()
    {
        codes.Dispose();
        meanings.Dispose();
        scales.Dispose();
    }
}

/// <summary>The scales of blocks: numbers, or codes themselves (double quantisation), with an offset that all share.</summary>
internal sealed class BlockScales : IDisposable
{
    private readonly Tensor? _numbers;
    private readonly float _offset;

    /// <param name="numbers">fp32, without gaps.</param>
    public BlockScales(Tensor numbers) => _numbers = numbers;

    /// <param name="codes">A single row.</param>
    /// <param name="offset">Added to each.</param>
    public BlockScales(QuantisedMatrix codes, float offset) => (Codes, _offset) = (codes, offset);

    /// <summary>The scales as codes; null where they are numbers.</summary>
    public QuantisedMatrix? Codes { get; }

    /// <summary>The same on another device; codes of this one are disposed of.</summary>
    public BlockScales To(Device device) =>
        _numbers is null
            ? new BlockScales(Codes!.To(device), _offset)
            : new BlockScales(_numbers.to(device).DetachFromDisposeScope());

    /// <summary>The numbers in fp32, in the caller's scope.</summary>
    public Tensor Get() => _numbers?.alias() ?? Codes!.Dequantise(float32).add_(_offset);

    public void Dispose()
    {
        _numbers?.Dispose();
        Codes?.Dispose();
    }
}
