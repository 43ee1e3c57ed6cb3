// Folder Export: models and adapters in the format of another program.
// Refuses to know: how that program runs them.
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Gguf;

namespace MultiTurnTrainer.Models.Export;

/// <summary>What a GGUF file's matrices are stored as: llama.cpp's file types, with their numbers.</summary>
public enum GgufFileType
{
    /// <summary>Single precision.</summary>
    F32 = 0,

    /// <summary>Half precision.</summary>
    F16 = 1,

    /// <summary>4 bits and a scale a block of 32.</summary>
    Q4_0 = 2,

    /// <summary>8 bits and a scale a block of 32.</summary>
    Q8_0 = 7,

    /// <summary>4 bits in blocks of 256, what matters most in 6.</summary>
    Q4_K_M = 15,

    /// <summary>bfloat16.</summary>
    BF16 = 32,
}

/// <summary>Writes a model folder as one GGUF file, tokenizer and chat template included.</summary>
public static class GgufExport
{
    private const int PartValues = 1 << 24;

    /// <summary>Writes the file.</summary>
    /// <param name="folder">The model's folder; an adapter is to be merged into it first.</param>
    /// <param name="fileType">What the matrices are stored as. Rows that are no whole blocks take the next larger type.</param>
    /// <param name="output">The file.</param>
    /// <param name="force">Whether it may be replaced.</param>
    /// <returns>How many tensors have which type.</returns>
    /// <exception cref="MttException">A family, rotation or tokenizer that has no form in GGUF here, or a folder that cannot be read.</exception>
    public static IReadOnlyDictionary<GgufType, int> Run(
        string folder,
        GgufFileType fileType,
        string output,
        bool force
    )
    {
        ModelConfig config = ModelConfigReader.ReadFolder(folder);
        List<KeyValuePair<string, object>> metadata = GgufModelKeys.Write(config, folder, fileType);
        metadata.AddRange(GgufTokenizerKeys.Write(folder, config.VocabularySize));
        using IModelWeights weights = IModelWeights.Open(folder, config);
        WeightLoader.Check(weights, config, new ModuleLayout(config), config.VocabularySize);
        List<GgufPiece> pieces = [.. Pieces(config, weights, fileType)];
        GgufWriter.Write(output, metadata, pieces, force);
        return pieces
            .GroupBy(piece => piece.Type)
            .OrderBy(group => group.Key)
            .ToDictionary(group => group.Key, group => group.Count());
    }

    private static IEnumerable<GgufPiece> Pieces(ModelConfig config, IModelWeights weights, GgufFileType fileType)
    {
        if (GgufModelKeys.Divisors(config) is { } divisors)
        {
            yield return new GgufPiece(
                Llama3Divisors.TensorName,
                [divisors.Length],
                GgufType.F32,
                stream => stream.Write(MemoryMarshal.AsBytes(divisors.AsSpan()))
            );
        }

        foreach (ModuleSpec module in new ModuleLayout(config).Modules)
        {
            if (WeightLoader.IsTiedHead(config, module))
            {
                continue;
            }

            string name = GgufNames.Of(module);
            yield return Piece(
                config,
                weights,
                module,
                module.WeightName,
                name + ".weight",
                module.Shape,
                module.Kind == ModuleKind.Norm ? GgufType.F32 : GgufTypeChoice.Of(fileType, config, module, name)
            );
            if (module.HasBias)
            {
                yield return Piece(
                    config,
                    weights,
                    module,
                    module.BiasName,
                    name + ".bias",
                    [module.Out],
                    GgufType.F32
                );
            }
        }
    }

    private static GgufPiece Piece(
        ModelConfig config,
        IModelWeights weights,
        ModuleSpec module,
        string own,
        string name,
        long[] shape,
        GgufType type
    ) =>
        new(
            name,
            shape,
            type,
            stream =>
            {
                using Tensor tensor = weights.Load(own, ScalarType.Float32, CPU);

                // Parts of whole heads, so that all rows that change places are in one: an array has at most 2 GiB.
                long columns = shape.Length == 1 ? 1 : shape[1];
                long step = Math.Max(1, PartValues / columns / config.HeadDimension) * config.HeadDimension;
                for (long row = 0; row < shape[0]; row += step)
                {
                    long rows = Math.Min(step, shape[0] - row);
                    using Tensor part = tensor.narrow(0, row, rows);
                    float[] values = Tensors.ToArray(part);
                    stream.Write(
                        Quantiser.Run(
                            type,
                            GgufNames.Turns(config, module)
                                ? GgufRows.Turn(values, (int)rows, config.HeadDimension)
                                : values
                        )
                    );
                }
            }
        );
}
