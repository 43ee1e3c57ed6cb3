using MultiTurnTrainer.Models.Kernels.Dequantise;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Quantisation;

/// <summary>
/// bitsandbytes' LLM.int8: <c>X.weight</c> I8 [o, i], <c>X.SCB</c> F32 [o], each row's largest value, and <c>X.weight_format</c>. A weight
/// is code · SCB / 127; activations are not quantised, as in bitsandbytes' own backward.
/// </summary>
internal static class Int8File
{
    private const string Mark = ".SCB";

    // bitsandbytes multiplies by this fp32 number; it does not divide.
    private const float Inverse = 1f / 127;

    /// <summary>The weight that a tensor belongs to, where that tensor holds its scales.</summary>
    public static (string, StoredMatrix)? Describe(WeightFolder folder, string name)
    {
        if (!name.EndsWith(Mark, StringComparison.Ordinal))
        {
            return null;
        }

        string module = name[..^Mark.Length];
        WeightParts.Part codes = WeightParts.Require(folder, module + ".weight");
        if (codes.Entry is not { Type: SafetensorsType.I8, Shape: [> 0 and long rows, > 0 and long columns] })
        {
            throw codes.Wrong($"is {codes.Entry.Type.Name()} {codes.Entry.ShapeText}, an I8 matrix is needed");
        }

        WeightParts.Part scales = WeightParts.Require(folder, name, rows, SafetensorsType.F32);
        List<string> parts = [codes.Entry.Name, name];
        string format = module + ".weight_format";
        if (folder.TryFind(format, out _, out _))
        {
            WeightParts.Part layout = WeightParts.Require(folder, format, 1, SafetensorsType.U8);
            if (layout.File.Bytes(layout.Entry) is not [0])
            {
                throw layout.Wrong("is not 0: only rows one after the other are read");
            }

            parts.Add(format);
        }

        return (codes.Entry.Name, new StoredMatrix([rows, columns], parts, device => Read(codes, scales, device)));
    }

    private static QuantisedMatrix Read(WeightParts.Part codes, WeightParts.Part scales, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        (long rows, long columns) = (codes.Entry.Shape[0], codes.Entry.Shape[1]);
        float[] meanings = [.. Enumerable.Range(0, 256).Select(code => (float)unchecked((sbyte)code))];
        QuantisedMatrix matrix = new(
            codes.Bytes(),
            tensor(meanings, [256, 1]).DetachFromDisposeScope(),
            new BlockScales(tensor(scales.Numbers()).DetachFromDisposeScope()),
            new BlockGrid(rows, columns, 1, columns),
            rows,
            columns,
            Inverse
        );
        return matrix.To(device);
    }
}
