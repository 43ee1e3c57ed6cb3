using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>PEFT's adapter folder: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</summary>
internal static class LoraAdapterFiles
{
    public const string WeightsName = "adapter_model.safetensors";

    private static readonly string[] _embeddingNames = ["embed_tokens", "lm_head"];

    public static LoraAdapter Load(CausalLM model, string folder)
    {
        LoraConfig config = LoraConfigJson.ReadFolder(folder);
        string path = Path.Combine(folder, WeightsName);
        if (!File.Exists(path))
        {
            throw new MttException(
                $"{folder}: holds no {WeightsName}",
                "Give an adapter folder with safetensors weights (adapter_model.bin is not read)."
            );
        }

        using SafetensorsFile file = SafetensorsFile.Open(path);
        LoraAdapter adapter = LoraAdapter.Allocate(model, config);
        try
        {
            Check(adapter, file);
            using (no_grad())
            {
                foreach (Parameter parameter in adapter.Parameters.All)
                {
                    SafetensorsEntry entry = file[parameter.Name];
                    using Tensor value = Tensors.Load(file, entry, ScalarType.Float32, model.Device);
                    parameter.Value.copy_(value);
                }
            }

            FreezeBaseLayers(adapter, model, file);
            return adapter;
        }
        catch
        {
            adapter.Dispose();
            throw;
        }
    }

    public static void Save(LoraAdapter adapter, CausalLM model, string folder, bool force)
    {
        List<SafetensorsPiece> pieces =
        [
            .. adapter.Parameters.All.Select(parameter =>
                Tensors.Piece(parameter.Name, parameter.Value, SafetensorsType.F32)
            ),
        ];
        foreach (ModuleSpec module in adapter.Targets.Where(module => SavesBase(adapter.Config, module)))
        {
            Tensor weight = adapter.Weight(module.Slot) ?? model.Weight(module);
            SafetensorsType type = weight.dtype == ScalarType.BFloat16 ? SafetensorsType.BF16 : SafetensorsType.F32;
            pieces.Add(Tensors.Piece(LoraNames.BaseLayer(module), weight, type));
        }

        SafetensorsWriter.Write(Path.Combine(folder, WeightsName), pieces, SafetensorsWriter.PyTorchMetadata, force);
        OutputFile.WriteAllBytes(
            Path.Combine(folder, LoraConfigJson.FileName),
            LoraConfigJson.Write(adapter.Config),
            force
        );
    }

    /// <summary>PEFT keeps the base weight of an adapted embedding or head when the targets name one of the two.</summary>
    private static bool SavesBase(LoraConfig config, ModuleSpec module) =>
        module.Path is ModuleLayout.EmbeddingPath or ModuleLayout.HeadPath
        && _embeddingNames.Any(name =>
            config.TargetPattern?.Contains(name, StringComparison.Ordinal) ?? config.TargetModules!.Contains(name)
        );

    private static void Check(LoraAdapter adapter, SafetensorsFile file)
    {
        HashSet<string> known =
        [
            .. adapter.Parameters.All.Select(parameter => parameter.Name),
            .. adapter.Targets.Select(LoraNames.BaseLayer),
        ];
        foreach (Parameter parameter in adapter.Parameters.All)
        {
            if (!file.Entries.TryGetValue(parameter.Name, out SafetensorsEntry? entry))
            {
                throw Mismatch($"{file.Path}: lacks '{parameter.Name}', which its configuration and the base ask for");
            }

            if (!entry.Shape.AsSpan().SequenceEqual(parameter.Value.shape))
            {
                throw Mismatch(
                    $"{file.Path}: '{entry.Name}' has shape {entry.ShapeText}, configuration and base ask for "
                        + $"[{string.Join(", ", parameter.Value.shape)}]"
                );
            }
        }

        string? stray = file.Entries.Keys.FirstOrDefault(name => !known.Contains(name));
        if (stray is not null)
        {
            throw Mismatch($"{file.Path}: holds '{stray}', for which the base has no place");
        }
    }

    private static void FreezeBaseLayers(LoraAdapter adapter, CausalLM model, SafetensorsFile file)
    {
        foreach (ModuleSpec module in adapter.Targets)
        {
            if (!file.Entries.TryGetValue(LoraNames.BaseLayer(module), out SafetensorsEntry? entry))
            {
                continue;
            }

            if (!entry.Shape.AsSpan().SequenceEqual(module.Shape))
            {
                throw Mismatch(
                    $"{file.Path}: '{entry.Name}' has shape {entry.ShapeText}, the base [{string.Join(", ", module.Shape)}]"
                );
            }

            Tensor weight = Tensors.Load(file, entry, model.Type, model.Device);
            if (weight.Equals(model.Weight(module)))
            {
                weight.Dispose();
            }
            else
            {
                adapter.Freeze(module, weight);
            }
        }
    }

    private static MttException Mismatch(string what) =>
        new(what, "The adapter was made for another base model: give the one named in its adapter_config.json.");
}
