using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Gguf;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Export;

/// <summary>Writes a LoRA adapter as GGUF, which llama.cpp lays over its base.</summary>
public static class GgufAdapterExport
{
    /// <summary>Writes the file, in single precision.</summary>
    /// <param name="model">The base's folder: its configuration says how llama.cpp orders rows.</param>
    /// <param name="adapter">The adapter's folder.</param>
    /// <param name="output">The file.</param>
    /// <param name="force">Whether it may be replaced.</param>
    /// <returns>The number of modules.</returns>
    /// <exception cref="MttException">The adapter holds what GGUF cannot say.</exception>
    public static int Run(string model, string adapter, string output, bool force)
    {
        ModelConfig config = ModelConfigReader.ReadFolder(model);
        LoraConfig lora = LoraConfigJson.ReadFolder(adapter);
        RefuseUnspeakable(adapter, lora);
        ModuleSpec[] modules =
        [
            .. LoraTargets
                .Select(lora, new ModuleLayout(config))
                .OrderBy(module => module.Path, StringComparer.Ordinal),
        ];
        if (modules.Length == 0)
        {
            throw Refuse(adapter, "it has no low-rank pair");
        }

        if (config.TiedHead && Array.Exists(modules, module => module.Path == ModuleLayout.HeadPath))
        {
            throw Refuse(adapter, "it changes a head that is tied to the embedding");
        }

        // llama.cpp scales by alpha / rank, and by 1 where alpha is 0: another scale, of rsLoRA or of a pattern, goes into alpha or B.
        double first = LoraTargets.Scale(lora, modules[0]) * LoraTargets.Rank(lora, modules[0]);
        double alpha = first == 0 ? 1 : first;
        KeyValuePair<string, object>[] metadata =
        [
            KeyValuePair.Create<string, object>("general.architecture", GgufModelKeys.Architecture(config, model)),
            KeyValuePair.Create<string, object>("general.type", "adapter"),
            KeyValuePair.Create<string, object>("adapter.type", "lora"),
            KeyValuePair.Create<string, object>("general.name", Path.GetFileName(adapter.TrimEnd('/'))),
            KeyValuePair.Create<string, object>("adapter.lora.alpha", (float)alpha),
            KeyValuePair.Create<string, object>("general.quantization_version", 2u),
        ];
        using SafetensorsFile file = LoraAdapterFiles.Open(adapter);
        RequireOnlyPairs(adapter, file, modules);
        RequireShapes(lora, file, modules);
        GgufWriter.Write(
            output,
            metadata,
            [.. modules.SelectMany(module => Pair(config, lora, file, module, alpha))],
            force
        );
        return modules.Length;
    }

    private static IEnumerable<GgufPiece> Pair(
        ModelConfig config,
        LoraConfig lora,
        SafetensorsFile file,
        ModuleSpec module,
        double alpha
    )
    {
        string name = GgufNames.Of(module) + ".weight";
        int rank = LoraTargets.Rank(lora, module);
        double factor = LoraTargets.Scale(lora, module) / (alpha / rank);
        bool embedding = module.Kind == ModuleKind.Embedding;
        yield return new GgufPiece(
            name + ".lora_a",
            embedding ? [module.Out, rank] : [rank, module.In],
            GgufType.F32,
            stream =>
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor a = Tensors.Load(file, file[LoraNames.A(module)], ScalarType.Float32, CPU); // [r, i]
                stream.Write(MemoryMarshal.AsBytes<float>(Tensors.ToArray(embedding ? a.t() : a)));
            }
        );
        yield return new GgufPiece(
            name + ".lora_b",
            [embedding ? module.In : module.Out, rank],
            GgufType.F32,
            stream =>
            {
                using DisposeScope scope = NewDisposeScope();
                Tensor b = Tensors.Load(file, file[LoraNames.B(module)], ScalarType.Float32, CPU); // [o, r]
                float[] values = Tensors.ToArray(factor == 1 ? b : b * factor);
                bool turned = GgufNames.Turns(config, module);
                stream.Write(
                    MemoryMarshal.AsBytes<float>(
                        turned ? GgufRows.Turn(values, module.Out, config.HeadDimension) : values
                    )
                );
            }
        );
    }

    private static void RefuseUnspeakable(string adapter, LoraConfig lora)
    {
        (string Field, bool Set)[] fields =
        [
            ("use_dora", lora.UseDora),
            ("lora_bias", lora.LoraBias),
            ("modules_to_save", lora.ModulesToSave.Count > 0),
            ("trainable_token_indices", lora.TrainableTokens.Count > 0),
        ];
        if (Array.Find(fields, field => field.Set).Field is { } set)
        {
            throw Refuse(adapter, $"{set} is set");
        }
    }

    private static void RequireOnlyPairs(string adapter, SafetensorsFile file, ModuleSpec[] modules)
    {
        HashSet<string> known =
        [
            .. modules.SelectMany(module =>
                (string[])[LoraNames.A(module), LoraNames.B(module), LoraNames.BaseLayer(module)]
            ),
        ];
        if (file.Entries.Keys.FirstOrDefault(name => !known.Contains(name)) is { } other)
        {
            throw Refuse(adapter, $"its file holds '{other}'");
        }
    }

    private static void RequireShapes(LoraConfig lora, SafetensorsFile file, ModuleSpec[] modules)
    {
        foreach (ModuleSpec module in modules)
        {
            int rank = LoraTargets.Rank(lora, module);
            bool embedding = module.Kind == ModuleKind.Embedding;
            (int input, int output) = embedding ? (module.Out, module.In) : (module.In, module.Out);
            LoraAdapterFiles.RequireShape(file, file[LoraNames.A(module)], [rank, input]);
            LoraAdapterFiles.RequireShape(file, file[LoraNames.B(module)], [output, rank]);
        }
    }

    private static MttException Refuse(string adapter, string what) =>
        new(
            $"{adapter}: {what}, which an adapter in GGUF cannot say",
            "Merge it into its base (mtt merge), and export the merged model."
        );
}
