using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Kernels.Dequantise;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Quantisation;

/// <summary>
/// 8-bit floats with scales (DeepSeek, Qwen's FP8 models; one scale a weight in Mistral's): <c>X.weight</c> F8_E4M3 [o, i] times
/// <c>X.weight_scale_inv</c>, which multiplies in spite of its name. Blocks at the edges are cut.
/// </summary>
internal static class Fp8File
{
    private const string Mark = "_scale_inv";

    // What quantises activations, which stay as they are here.
    private static readonly string[] _unused = [".activation_scale", ".input_scale"];

    private static readonly float[] _values = [.. Enumerable.Range(0, 256).Select(Value)];

    /// <summary>The weight that a tensor belongs to, where that tensor holds its scales.</summary>
    public static (string, StoredMatrix)? Describe(WeightFolder folder, string name, StoredQuantisation quantisation)
    {
        if (!name.EndsWith(".weight" + Mark, StringComparison.Ordinal))
        {
            return null;
        }

        WeightParts.Part codes = WeightParts.Require(folder, name[..^Mark.Length]);
        if (codes.Entry is not { Type: SafetensorsType.F8E4M3, Shape: [> 0 and long rows, > 0 and long columns] })
        {
            throw codes.Wrong($"is {codes.Entry.Type.Name()} {codes.Entry.ShapeText}, an F8_E4M3 matrix is needed");
        }

        BlockGrid grid =
            quantisation.BlockRows == 0
                ? new(rows, columns, rows, columns)
                : new(rows, columns, quantisation.BlockRows, quantisation.BlockColumns);
        WeightParts.Part scales = WeightParts.Require(
            folder,
            name,
            grid.BlocksDown * grid.BlocksAcross,
            SafetensorsType.F32,
            SafetensorsType.BF16,
            SafetensorsType.F16
        );
        if (scales.Entry.Shape is [long down, long across] && (down, across) != (grid.BlocksDown, grid.BlocksAcross))
        {
            throw scales.Wrong(
                $"has shape {scales.Entry.ShapeText}, blocks of {grid.BlockRows} x {grid.BlockColumns} of {codes.Entry.ShapeText} need [{grid.BlocksDown}, {grid.BlocksAcross}]"
            );
        }

        string module = name[..^(".weight" + Mark).Length];
        string[] unused = [.. _unused.Select(end => module + end).Where(part => folder.TryFind(part, out _, out _))];
        return (
            codes.Entry.Name,
            new StoredMatrix(
                [rows, columns],
                [codes.Entry.Name, name, .. unused],
                device => Read(codes, scales, grid, device)
            )
            {
                Unused = unused,
            }
        );
    }

    private static QuantisedMatrix Read(WeightParts.Part codes, WeightParts.Part scales, BlockGrid grid, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        QuantisedMatrix matrix = new(
            codes.Bytes(),
            tensor(_values, [256, 1]).DetachFromDisposeScope(),
            new BlockScales(tensor(scales.Numbers()).DetachFromDisposeScope()),
            grid,
            grid.Rows,
            grid.Columns
        );
        if (matrix.Codes.bytes.ContainsAny((byte)0x7F, (byte)0xFF))
        {
            matrix.Dispose();
            throw codes.Wrong("holds what is no number (NaN)");
        }

        return matrix.To(device);
    }

    // A sign, four bits of exponent (bias 7), three of mantissa; no infinity, and a single NaN a sign.
    private static float Value(int code)
    {
        int exponent = (code >> 3) & 15;
        int mantissa = code & 7;
        float size =
            (code & 0x7F) == 0x7F ? float.NaN
            : exponent == 0 ? MathF.ScaleB(mantissa, -9)
            : MathF.ScaleB(8 + mantissa, exponent - 10);
        return code < 128 ? size : -size;
    }
}
