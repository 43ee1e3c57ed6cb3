using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Quantisation;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Reads a model folder's weights into the slots of a layout and refuses whatever does not fit.</summary>
internal static class WeightLoader
{
    /// <summary>The width of a head as the weights have it, for configurations that do not say.</summary>
    public static int? HeadDimension(IModelWeights files, ModelConfig config) =>
        files.Shape($"{ModuleLayout.LayerPath(config, 0)}.self_attn.q_proj.weight") is [long rows, _]
        && config is { Shapes.Count: 0, Latent: null }
        && rows % config.Heads == 0
            ? (int)(rows / config.Heads)
            : null;

    public static (ModuleWeight[] Weights, Tensor?[] Biases) Load(
        IModelWeights files,
        ModelConfig config,
        ModuleLayout layout,
        int vocabulary,
        ScalarType type,
        Device device,
        FourBitOptions? quantisation
    )
    {
        Check(files, config, layout, vocabulary);
        RefuseTwice(files, config, quantisation);
        ModuleWeight[] weights = new ModuleWeight[layout.Modules.Count];
        Tensor?[] biases = new Tensor?[layout.Modules.Count];
        try
        {
            foreach (ModuleSpec module in layout.Modules)
            {
                if (IsTiedHead(config, module))
                {
                    weights[module.Slot] = weights[layout.Embedding.Slot];
                    continue;
                }

                weights[module.Slot] = LoadWeight(files, module, type, device, quantisation);
                biases[module.Slot] = module.HasBias ? files.Load(module.BiasName, type, device) : null;
            }

            return (weights, biases);
        }
        catch
        {
            foreach (IDisposable? part in weights.Concat<IDisposable?>(biases))
            {
                part?.Dispose();
            }

            throw;
        }
    }

    // As bitsandbytes has it: what multiplies becomes codes, but for the head.
    private static ModuleWeight LoadWeight(
        IModelWeights files,
        ModuleSpec module,
        ScalarType type,
        Device device,
        FourBitOptions? quantisation
    )
    {
        if (module.Kind == ModuleKind.Linear && files.LoadCodes(module.WeightName, device) is { } stored)
        {
            return stored.Rows == module.Out
                ? new ModuleWeight(stored, type)
                : throw new MttException(
                    $"{files.Place}: '{module.WeightName}' is quantised, and the adapter brings another number of tokens along",
                    "Dequantise the base first (mtt export --dequantise)."
                );
        }

        if (quantisation is null || module.Kind != ModuleKind.Linear || module.Path == ModuleLayout.HeadPath)
        {
            return new ModuleWeight(Resize(LoadNumbers(files, module, type, device), module));
        }

        using Tensor numbers = files.Load(module.WeightName, type, CPU);
        return new ModuleWeight(FourBitQuantiser.Run(numbers, quantisation).To(device), type);
    }

    private static void RefuseTwice(IModelWeights files, ModelConfig config, FourBitOptions? quantisation)
    {
        if (quantisation is not null && config.Quantisation is { } stored)
        {
            throw new MttException(
                $"{files.Place}: is quantised already ({stored.Name}), and quantization asks for {quantisation.Name}",
                "Leave quantization out, or name the unquantised model."
            );
        }
    }

    private static Tensor LoadNumbers(IModelWeights files, ModuleSpec module, ScalarType type, Device device)
    {
        if (!IsInParts(files, module))
        {
            return files.Load(module.WeightName, type, device);
        }

        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        Tensor stacked = empty(module.Shape, type, device: device);
        Tensor parts = stacked.view(module.Parts.Count, -1, module.In); // [experts, out, in] -> [parts, rows, in]
        for (int i = 0; i < module.Parts.Count; i++)
        {
            using Tensor part = files.Load(module.Parts[i], type, device);
            parts.select(0, i).copy_(part);
        }

        return stacked.DetachFromDisposeScope();
    }

    /// <summary>Whether files hold a stacked weight as its parts.</summary>
    private static bool IsInParts(IModelWeights files, ModuleSpec module) =>
        module.Parts.Count > 0 && files.Shape(module.WeightName) is null;

    // A table with more or fewer rows; those that the file lacks are zero.
    private static Tensor Resize(Tensor table, ModuleSpec module)
    {
        long rows = module.Shape[0];
        if (table.size(0) == rows)
        {
            return table;
        }

        using (table)
        {
            using DisposeScope scope = NewDisposeScope();
            Tensor resized = zeros([rows, table.size(1)], table.dtype, table.device);
            long kept = Math.Min(rows, table.size(0));
            using IDisposable quiet = no_grad();
            resized.narrow(0, 0, kept).copy_(table.narrow(0, 0, kept));
            return resized.DetachFromDisposeScope();
        }
    }

    /// <summary>Whether a tensor belongs to a part of the model that text does not pass.</summary>
    public static bool IsSkipped(ModelConfig config, string name) =>
        config.SkippedPrefixes.Any(prefix => name.StartsWith(prefix, StringComparison.Ordinal));

    /// <summary>Whether a module is a head without a weight of its own.</summary>
    public static bool IsTiedHead(ModelConfig config, ModuleSpec module) =>
        config.TiedHead && module.Path == ModuleLayout.HeadPath;

    /// <summary>Before memory is spent: each module has its weight, in its shape, and nothing else is there.</summary>
    /// <exception cref="MttException">A weight is missing, of another shape, or one that no module asks for.</exception>
    public static void Check(IModelWeights files, ModelConfig config, ModuleLayout layout, int vocabulary)
    {
        CheckNames(files, config, layout);
        CheckShapes(files, config, layout, vocabulary);
    }

    private static void CheckShapes(IModelWeights files, ModelConfig config, ModuleLayout layout, int vocabulary)
    {
        foreach (ModuleSpec module in layout.Modules.Where(module => !IsTiedHead(config, module)))
        {
            bool table = module == layout.Embedding || module == layout.Head;
            if (IsInParts(files, module))
            {
                long rows = (long)module.Experts * module.Out / module.Parts.Count;
                RequireAll(files, module.Parts, [rows, module.In]);
            }
            else
            {
                Require(files, module.WeightName, table ? [vocabulary, module.In] : module.Shape);
            }

            if (module.HasBias)
            {
                Require(files, module.BiasName, [module.Out]);
            }
        }
    }

    private static void RequireAll(IModelWeights files, IEnumerable<string> names, long[] shape)
    {
        foreach (string name in names)
        {
            Require(files, name, shape);
        }
    }

    private static void Require(IModelWeights files, string name, long[] shape)
    {
        long[] found =
            files.Shape(name)
            ?? throw new MttException(
                $"{files.Place}: the weights lack '{name}'",
                "config.json and weights do not belong together, or the download is not whole."
            );
        if (!found.AsSpan().SequenceEqual(shape))
        {
            throw new MttException(
                $"{files.Place}: '{name}' has shape [{string.Join(", ", found)}], config.json asks for [{string.Join(", ", shape)}]",
                "config.json and weights do not belong together."
            );
        }
    }

    private static void CheckNames(IModelWeights files, ModelConfig config, ModuleLayout layout)
    {
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach (ModuleSpec module in layout.Modules)
        {
            known.UnionWith(IsInParts(files, module) ? module.Parts : [module.WeightName]);
            if (module.HasBias)
            {
                known.Add(module.BiasName);
            }
        }

        // Old files carry the rotary frequencies, which follow from config.json.
        string? stray = files.Names.FirstOrDefault(name =>
            !known.Contains(name)
            && !name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
            && !IsSkipped(config, name)
        );
        if (stray is not null)
        {
            throw new MttException(
                $"{files.Place}: the weights hold '{stray}', which a {config.ModelType} of this config.json has not",
                "config.json and weights do not belong together."
            );
        }
    }
}
