using MultiTurnTrainer.Models.Kernels.Dequantise;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Quantisation;

/// <summary>
/// MXFP4 as gpt-oss stores its experts: <c>X_blocks</c> U8 [experts, o, i / 32, 16] and <c>X_scales</c> U8 [experts, o, i / 32], which are powers of
/// two. A byte's first value is in its lower four bits, as nowhere else.
/// </summary>
internal static class Mxfp4File
{
    private const string Mark = "_blocks";
    private const int Block = 32;
    private const int Bias = 127;
    private const byte NoNumber = 255;

    private static readonly float[] _sizes = [0, 0.5f, 1, 1.5f, 2, 3, 4, 6];

    /// <summary>The weight that a tensor belongs to, where that tensor holds its codes; gpt-oss multiplies by [experts, i, o].</summary>
    public static (string, StoredMatrix)? Describe(WeightFolder folder, string name)
    {
        if (!name.EndsWith(Mark, StringComparison.Ordinal))
        {
            return null;
        }

        WeightParts.Part codes = WeightParts.Require(folder, name);
        if (
            codes.Entry
            is not {
                Type: SafetensorsType.U8,
                Shape: [> 0 and long experts, > 0 and long rows, > 0 and long blocks, Block / 2]
            }
        )
        {
            throw codes.Wrong(
                $"is {codes.Entry.Type.Name()} {codes.Entry.ShapeText}, U8 [experts, rows, blocks, {Block / 2}] is needed"
            );
        }

        string weight = name[..^Mark.Length];
        WeightParts.Part scales = WeightParts.Require(
            folder,
            weight + "_scales",
            experts * rows * blocks,
            SafetensorsType.U8
        );
        return (
            weight,
            new StoredMatrix(
                [experts, blocks * Block, rows],
                [name, scales.Entry.Name],
                device => Read(codes, scales, device),
                Turned: true
            )
        );
    }

    private static QuantisedMatrix Read(WeightParts.Part codes, WeightParts.Part scales, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        byte[] powers = scales.File.Bytes(scales.Entry);
        if (powers.Contains(NoNumber))
        {
            throw scales.Wrong($"holds what is no number ({NoNumber})");
        }

        long rows = codes.Entry.Shape[0] * codes.Entry.Shape[1];
        long columns = codes.Entry.Shape[2] * Block;
        QuantisedMatrix matrix = new(
            codes.Bytes(),
            tensor(Pairs(), [256, 2]).DetachFromDisposeScope(),
            new BlockScales(
                tensor(Array.ConvertAll(powers, power => MathF.ScaleB(1, power - Bias))).DetachFromDisposeScope()
            ),
            new BlockGrid(rows, columns, 1, Block),
            rows,
            columns
        );
        return matrix.To(device);
    }

    private static float[] Pairs()
    {
        float[] pairs = new float[512];
        for (int code = 0; code < 256; code++)
        {
            pairs[2 * code] = Value(code & 15);
            pairs[(2 * code) + 1] = Value(code >> 4);
        }

        return pairs;
    }

    private static float Value(int code) => code < 8 ? _sizes[code] : -_sizes[code - 8];
}
