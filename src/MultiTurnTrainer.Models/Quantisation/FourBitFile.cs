using MultiTurnTrainer.Models.Kernels.Dequantise;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Quantisation;

/// <summary>
/// bitsandbytes' 4-bit weights: <c>X.weight</c> holds codes, two a byte, in whatever type they were stored; beside it stand
/// <c>.absmax</c>, <c>.quant_map</c>, for double quantisation <c>.nested_absmax</c> and <c>.nested_quant_map</c>, and
/// <c>.quant_state.bitsandbytes__nf4</c> (or <c>__fp4</c>).
/// </summary>
internal static class FourBitFile
{
    private const string Mark = ".quant_state.bitsandbytes__";

    /// <summary>The weight that a tensor belongs to, where that tensor is the state of one.</summary>
    public static (string, StoredMatrix)? Describe(WeightFolder folder, string name)
    {
        int mark = name.LastIndexOf(Mark, StringComparison.Ordinal);
        if (mark < 0)
        {
            return null;
        }

        string weight = name[..mark];
        WeightParts.Part stateText = WeightParts.Require(folder, name);
        QuantState state = ReadState(stateText, name[(mark + Mark.Length)..]);
        WeightParts.Part codes = WeightParts.Require(folder, weight);
        long count = state.Rows * state.Columns;
        if (codes.Entry.Length != (count + 1) / 2)
        {
            throw codes.Wrong(
                $"has {Counted.Of(codes.Entry.Length, "byte")}, its quant_state's shape [{state.Rows}, {state.Columns}] needs {(count + 1) / 2}"
            );
        }

        long blocks = Blocks(count, state.Block);
        SafetensorsType scaleType = state.ScaleBlock is null ? SafetensorsType.F32 : SafetensorsType.U8;
        WeightParts.Part scales = WeightParts.Require(folder, weight + ".absmax", blocks, scaleType);
        WeightParts.Part map = WeightParts.Require(folder, weight + ".quant_map", 16, SafetensorsType.F32);
        List<WeightParts.Part> parts = [codes, stateText, scales, map];
        if (state.ScaleBlock is { } scaleBlock)
        {
            long count2 = Blocks(blocks, scaleBlock);
            parts.Add(WeightParts.Require(folder, weight + ".nested_absmax", count2, SafetensorsType.F32));
            parts.Add(WeightParts.Require(folder, weight + ".nested_quant_map", 256, SafetensorsType.F32));
        }

        return (
            weight,
            new StoredMatrix(
                [state.Rows, state.Columns],
                [.. parts.Select(part => part.Entry.Name)],
                device => Read(state, parts, device)
            )
        );
    }

    private static QuantState ReadState(WeightParts.Part part, string type)
    {
        if (type is not ("nf4" or "fp4"))
        {
            throw part.Wrong("is of a type that mtt does not know: nf4 and fp4 are");
        }

        if (part.Entry.Type != SafetensorsType.U8 || part.Entry.Length > QuantState.MostBytes)
        {
            throw part.Wrong($"is no text: U8 of at most {QuantState.MostBytes} bytes is needed");
        }

        try
        {
            return QuantState.Parse(part.File.Bytes(part.Entry), type);
        }
        catch (Exception problem) when (problem is JsonException or FormatException or InvalidOperationException)
        {
            throw part.Wrong($"cannot be used: {problem.Message}", problem);
        }
    }

    private static QuantisedMatrix Read(QuantState state, List<WeightParts.Part> parts, Device device)
    {
        using DisposeScope scope = NewDisposeScope();
        long count = state.Rows * state.Columns;
        BlockScales scales = state.ScaleBlock is null
            ? new BlockScales(tensor(parts[2].Numbers()).DetachFromDisposeScope())
            : ReadNested(state, parts);
        QuantisedMatrix matrix = new(
            parts[0].Bytes(),
            tensor(FourBitCodes.Pairs(parts[3].Numbers()), [256, 2]).DetachFromDisposeScope(),
            scales,
            BlockGrid.Flat(count, state.Block),
            state.Rows,
            state.Columns
        );
        return matrix.To(device);
    }

    private static BlockScales ReadNested(QuantState state, List<WeightParts.Part> parts)
    {
        QuantisedMatrix codes = new(
            parts[2].Bytes(),
            tensor(parts[5].Numbers(), [256, 1]).DetachFromDisposeScope(),
            new BlockScales(tensor(parts[4].Numbers()).DetachFromDisposeScope()),
            BlockGrid.Flat(parts[2].Entry.Count, state.ScaleBlock!.Value),
            1,
            parts[2].Entry.Count
        );
        return new BlockScales(codes, state.Offset);
    }

    private static long Blocks(long count, long block) => (count + block - 1) / block;
}
