using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>Reads a model folder's weights into the slots of a layout and refuses whatever does not fit.</summary>
internal static class WeightLoader
{
    /// <summary>The width of a head as the weights have it, for configurations that do not say.</summary>
    public static int? HeadDimension(WeightFolder folder, int heads) =>
        folder.TryFind("model.layers.0.self_attn.q_proj.weight", out _, out SafetensorsEntry entry)
        && entry.Shape.Length == 2
        && entry.Shape[0] % heads == 0
            ? (int)(entry.Shape[0] / heads)
            : null;

    public static (Tensor[] Weights, Tensor?[] Biases) Load(
        WeightFolder folder,
        ModelConfig config,
        ModuleLayout layout,
        int vocabulary,
        ScalarType type,
        Device device
    )
    {
        CheckNames(folder, config, layout);
        Tensor[] weights = new Tensor[layout.Modules.Count];
        Tensor?[] biases = new Tensor?[layout.Modules.Count];
        try
        {
            foreach (ModuleSpec module in layout.Modules)
            {
                if (IsTiedHead(config, module))
                {
                    weights[module.Slot] = weights[layout[ModuleLayout.EmbeddingPath].Slot];
                    continue;
                }

                bool table = module.Path is ModuleLayout.EmbeddingPath or ModuleLayout.HeadPath;
                long[] stored = table ? [vocabulary, module.In] : module.Shape;
                weights[module.Slot] = Resize(Read(folder, module.WeightName, stored, type, device), module.Shape[0]);
                biases[module.Slot] = module.HasBias ? Read(folder, module.BiasName, [module.Out], type, device) : null;
            }

            return (weights, biases);
        }
        catch
        {
            foreach (Tensor? tensor in weights.Concat(biases))
            {
                tensor?.Dispose();
            }

            throw;
        }
    }

    // A table with more or fewer rows; those that the file lacks are zero.
    private static Tensor Resize(Tensor table, long rows)
    {
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

    /// <summary>Whether a module is a head without a weight of its own.</summary>
    public static bool IsTiedHead(ModelConfig config, ModuleSpec module) =>
        config.TiedHead && module.Path == ModuleLayout.HeadPath;

    private static Tensor Read(WeightFolder folder, string name, long[] shape, ScalarType type, Device device)
    {
        if (!folder.TryFind(name, out SafetensorsFile file, out SafetensorsEntry entry))
        {
            throw new MttException(
                $"{folder.Folder}: the weights lack '{name}'",
                "config.json and weights do not belong together, or the download is not whole."
            );
        }

        return entry.Shape.AsSpan().SequenceEqual(shape)
            ? Tensors.Load(file, entry, type, device)
            : throw new MttException(
                $"{file.Path}: '{name}' has shape {entry.ShapeText}, config.json asks for [{string.Join(", ", shape)}]",
                "config.json and weights do not belong together."
            );
    }

    private static void CheckNames(WeightFolder folder, ModelConfig config, ModuleLayout layout)
    {
        HashSet<string> known = new(StringComparer.Ordinal);
        foreach (ModuleSpec module in layout.Modules)
        {
            known.Add(module.WeightName);
            if (module.HasBias)
            {
                known.Add(module.BiasName);
            }
        }

        // Old files carry the rotary frequencies, which follow from config.json.
        string? stray = folder.Names.FirstOrDefault(name =>
            !known.Contains(name) && !name.EndsWith(".rotary_emb.inv_freq", StringComparison.Ordinal)
        );
        if (stray is not null)
        {
            throw new MttException(
                $"{folder.Folder}: the weights hold '{stray}', which a {config.ModelType} of this config.json has not",
                "config.json and weights do not belong together."
            );
        }
    }
}
