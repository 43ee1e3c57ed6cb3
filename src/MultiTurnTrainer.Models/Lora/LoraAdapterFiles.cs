using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>PEFT's adapter folder: <c>adapter_config.json</c> and <c>adapter_model.safetensors</c>.</summary>
internal static class LoraAdapterFiles
{
    public const string WeightsName = "adapter_model.safetensors";

    /// <summary>In the metadata of the weights: the hash of the base's.</summary>
    private const string BaseHashKey = "base_weights";

    // An embedding may stand in a multimodal model's text part.
    private static readonly string[] _tablePaths =
    [
        ModuleLayout.EmbeddingPath,
        "model.language_model.embed_tokens",
        ModuleLayout.HeadPath,
    ];
    private static readonly string[] _embeddingNames = ["embed_tokens", "lm_head"];

    /// <summary>Opens a folder's weights.</summary>
    /// <exception cref="MttException">They are missing or damaged.</exception>
    public static SafetensorsFile Open(string folder)
    {
        string path = Path.Combine(folder, WeightsName);
        return File.Exists(path)
            ? SafetensorsFile.Open(path)
            : throw new MttException(
                $"{folder}: holds no {WeightsName}",
                "Give an adapter folder with safetensors weights (adapter_model.bin is not read)."
            );
    }

    /// <summary>The rows of embedding and head that an adapter brings along; null where it brings none.</summary>
    public static int? Vocabulary(string folder)
    {
        // Refused before the base is loaded.
        LoraConfigJson.ReadFolder(folder);
        using SafetensorsFile file = Open(folder);
        return
            _tablePaths
                .SelectMany(LoraNames.Tables)
                .Select(name => file.Entries.GetValueOrDefault(name))
                .FirstOrDefault(entry => entry is { Shape.Length: 2 })
                is { } table
            ? (int)table.Shape[0]
            : null;
    }

    public static LoraAdapter Load(CausalLM model, string folder)
    {
        LoraConfig config = LoraConfigJson.ReadFolder(folder);
        using SafetensorsFile file = Open(folder);
        LoraAdapter adapter = LoraAdapter.Allocate(model, config);
        try
        {
            ExpertPairs turned = ExpertPairs.Find(adapter, file);
            Check(adapter, file, turned);
            using (no_grad())
            {
                foreach (Parameter parameter in adapter.Parameters.All)
                {
                    if (turned.Load(parameter, model.Device))
                    {
                        continue;
                    }

                    SafetensorsEntry entry = file[parameter.Name];
                    using Tensor value = Tensors.Load(file, entry, ScalarType.Float32, model.Device);
                    parameter.Value.copy_(value);
                }
            }

            CheckEchoes(adapter, model, file);
            LoadTables(adapter, model, file);
            adapter.BaseHash = file.Metadata.GetValueOrDefault(BaseHashKey);
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
            .. adapter.Echoes.Select(echo => Tensors.Piece(echo.Name, echo.Value, SafetensorsType.F32)),
        ];
        foreach ((string name, ModuleSpec module) in FindTables(adapter, model))
        {
            Tensor weight = adapter.Weight(module.Slot) ?? model.Weight(module);
            SafetensorsType type = weight.dtype == ScalarType.BFloat16 ? SafetensorsType.BF16 : SafetensorsType.F32;
            pieces.Add(Tensors.Piece(name, weight, type));
        }

        SortedDictionary<string, string> metadata = new(StringComparer.Ordinal);
        foreach ((string name, string value) in SafetensorsWriter.PyTorchMetadata)
        {
            metadata[name] = value;
        }

        if (adapter.BaseHash is { } hash)
        {
            metadata[BaseHashKey] = hash;
        }

        SafetensorsWriter.Write(Path.Combine(folder, WeightsName), pieces, metadata, force);
        OutputFile.WriteAllBytes(
            Path.Combine(folder, LoraConfigJson.FileName),
            LoraConfigJson.Write(adapter.Config),
            force
        );
    }

    /// <summary>
    /// PEFT keeps the base's table of an adapted embedding or head when the targets name one of the two; one that an adapter
    /// brought along goes out with it again.
    /// </summary>
    private static IEnumerable<(string Name, ModuleSpec Module)> FindTables(LoraAdapter adapter, CausalLM model)
    {
        LoraConfig config = adapter.Config;
        bool named = _embeddingNames.Any(name =>
            config.TargetPattern?.Contains(name, StringComparison.Ordinal) ?? config.TargetModules!.Contains(name)
        );
        IEnumerable<ModuleSpec> kept = Tables(model.Layout)
            .Where(module => named && adapter.Layer(module.Slot) is not null);
        return kept.Select(module => (LoraNames.BaseLayer(module), module)).Union(adapter.Tables);
    }

    private static void Check(LoraAdapter adapter, SafetensorsFile file, ExpertPairs turned)
    {
        HashSet<string> known =
        [
            .. adapter.Parameters.All.Select(parameter => parameter.Name),
            .. adapter.Echoes.Select(echo => echo.Name),
            .. _tablePaths.SelectMany(LoraNames.Tables),
        ];
        foreach (Parameter parameter in adapter.Parameters.All)
        {
            if (!file.Entries.TryGetValue(parameter.Name, out SafetensorsEntry? entry))
            {
                throw Mismatch($"{file.Path}: lacks '{parameter.Name}', which its configuration and the base ask for");
            }

            if (!turned.Contains(parameter))
            {
                RequireShape(file, entry, parameter.Value.shape);
            }
        }

        string? stray = file.Entries.Keys.FirstOrDefault(name => !known.Contains(name));
        if (stray is not null)
        {
            throw Mismatch($"{file.Path}: holds '{stray}', for which the base has no place");
        }
    }

    // What PEFT writes twice, once for each of a tied pair, must say the same twice.
    private static void CheckEchoes(LoraAdapter adapter, CausalLM model, SafetensorsFile file)
    {
        foreach ((string name, Tensor value) in adapter.Echoes)
        {
            if (!file.Entries.TryGetValue(name, out SafetensorsEntry? entry))
            {
                continue;
            }

            RequireShape(file, entry, value.shape);
            using Tensor stored = Tensors.Load(file, entry, ScalarType.Float32, model.Device);
            if (!stored.Equals(value))
            {
                throw new MttException(
                    $"{file.Path}: '{name}' differs from the embedding's, and ensure_weight_tying says that they are one",
                    "Save the adapter again, or take ensure_weight_tying out of its adapter_config.json."
                );
            }
        }
    }

    /// <summary>The base's tables that the file brings along, where they are not as the base has them.</summary>
    private static void LoadTables(LoraAdapter adapter, CausalLM model, SafetensorsFile file)
    {
        ModuleSpec[] open = [.. Tables(model.Layout).Where(module => !adapter.Whole.Contains(module))];
        foreach (ModuleSpec module in open)
        {
            string? name = LoraNames.Tables(module.Path).FirstOrDefault(file.Entries.ContainsKey);
            if (name is null || adapter.Weight(module.Slot) is not null)
            {
                continue;
            }

            RequireShape(file, file[name], module.Shape);
            Tensor weight = Tensors.Load(file, file[name], model.Type, model.Device);
            if (weight.Equals(model.Weight(module)))
            {
                weight.Dispose();
                continue;
            }

            adapter.BringTable(name, module, weight);
            ModuleSpec head = model.Layout.Head;
            if (module != head && model.Config.TiedHead && !LoraNames.Tables(head.Path).Any(file.Entries.ContainsKey))
            {
                adapter.ShareTable(module, head);
            }
        }
    }

    private static ModuleSpec[] Tables(ModuleLayout layout) => [layout.Embedding, layout.Head];

    /// <summary>Refuses a tensor of another shape than the adapter's configuration and base ask for.</summary>
    public static void RequireShape(SafetensorsFile file, SafetensorsEntry entry, long[] shape)
    {
        if (!entry.Shape.AsSpan().SequenceEqual(shape))
        {
            throw Mismatch(
                $"{file.Path}: '{entry.Name}' has shape {entry.ShapeText}, configuration and base ask for "
                    + $"[{string.Join(", ", shape)}]"
            );
        }
    }

    private static MttException Mismatch(string what) =>
        new(what, "The adapter was made for another base model: give the one named in its adapter_config.json.");
}
