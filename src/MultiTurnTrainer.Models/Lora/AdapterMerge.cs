using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>What a merge did.</summary>
/// <param name="ChangedTensors">Weights that differ from the base's.</param>
/// <param name="Untied">Whether a tied head got a weight of its own.</param>
/// <param name="StoredType">The type the weights are stored in.</param>
/// <param name="LargestLogit">The largest absolute logit of base and adapter on the probe.</param>
/// <param name="LargestDifference">The largest difference between those logits and the merged model's.</param>
/// <param name="ProbeTokens">The length of the probe.</param>
public sealed record MergeReport(
    int ChangedTensors,
    bool Untied,
    string StoredType,
    double LargestLogit,
    double LargestDifference,
    int ProbeTokens
)
{
    /// <summary>
    /// What rounding each weight once may do to logits, as a share of the largest: half a unit in the last place of the type, grown
    /// through the layers.
    /// </summary>
    private double UsualShare =>
        StoredType switch
        {
            "BF16" => 5e-2,
            "F16" => 6e-3,
            _ => 1e-4,
        };

    /// <summary>Whether the difference is what rounding to the stored type brings.</summary>
    public bool IsUsual => LargestDifference <= UsualShare * LargestLogit;

    /// <summary>What the difference means, in a sentence.</summary>
    public string Judgement
    {
        get
        {
            double share = LargestLogit == 0 ? 0 : LargestDifference / LargestLogit;
            string measured = Invariant($"{100 * share:G2} % of the largest logit");
            string usual = Invariant($"rounding the weights once to {StoredType} brings up to {100 * UsualShare:G2} %");
            return IsUsual
                ? $"usual: {measured}, and {usual}"
                : $"more than usual: {measured}, and {usual}; compare answers of both before you use it";
        }
    }
}

/// <summary>
/// Writes a model folder whose weights are base plus adapter: W + scale · B·A (DoRA: its rows rescaled) computed in
/// single precision and rounded once to the base's stored type. Everything else in the folder is copied.
/// </summary>
public static class AdapterMerge
{
    private const int ProbeTokens = 64;

    /// <summary>Merges and checks the result by its logits.</summary>
    /// <param name="modelFolder">The base.</param>
    /// <param name="adapterFolder">The adapter.</param>
    /// <param name="output">The folder to write; appears whole or not at all.</param>
    /// <param name="force">Whether a non-empty folder may be replaced.</param>
    /// <exception cref="MttException">An input is unusable, or the output is taken.</exception>
    public static MergeReport Run(string modelFolder, string adapterFolder, string output, bool force)
    {
        RequireNumbers(modelFolder, adapterFolder, output);
        return WholeFolder.Write(
            output,
            force,
            [modelFolder, adapterFolder],
            folder => Write(modelFolder, adapterFolder, folder, output)
        );
    }

    private static MergeReport Write(string modelFolder, string adapterFolder, string folder, string output)
    {
        float[] before;
        MergeReport report;
        int[] probe;
        using (CausalLM model = LoraAdapter.LoadBase(modelFolder, adapterFolder, ScalarType.Float32, CPU))
        using (LoraAdapter adapter = LoraAdapter.Load(model, adapterFolder))
        {
            probe = CreateProbe(model.Config);
            before = ComputeLogits(model, adapter, probe);
            (int changed, bool untied) = WriteWeights(model, adapter, modelFolder, folder);
            string stored = model.Config.StoredType.Name();
            report = new MergeReport(changed, untied, stored, before.Max(Math.Abs), 0, probe.Length);
        }

        using CausalLM merged = LoadMerged(folder, output, report.StoredType);
        float[] after = ComputeLogits(merged, null, probe);
        return report with { LargestDifference = before.Zip(after, (a, b) => Math.Abs((double)a - b)).Max() };
    }

    // Rounding to codes again would undo much of what was trained.
    private static void RequireNumbers(string modelFolder, string adapterFolder, string output)
    {
        if (ModelConfigReader.ReadFolder(modelFolder).Quantisation is { } quantisation)
        {
            throw new MttException(
                $"{modelFolder}: the base is quantised ({quantisation.Name}), and nothing is merged into codes",
                $"Dequantise it, merge, and keep the result in bfloat16: mtt export --model {modelFolder} --dequantise --output BASE, then "
                    + $"mtt merge --model BASE --adapter {adapterFolder} --output {output}."
            );
        }
    }

    // Base and adapter are finite; their sum need not be, above all in 16 bits.
    private static CausalLM LoadMerged(string folder, string output, string storedType)
    {
        try
        {
            return CausalLM.Load(folder, ScalarType.Float32, CPU);
        }
        catch (MttException problem)
        {
            throw new MttException(
                $"{output}: the merged weights are no finite numbers of type {storedType} ({Path.GetFileName(problem.Message)})",
                "The adapter's weights or its scale are too large to be merged: see where it comes from.",
                problem
            );
        }
    }

    private static (int Changed, bool Untied) WriteWeights(
        CausalLM model,
        LoraAdapter adapter,
        string modelFolder,
        string folder
    )
    {
        RequireBiases(model, adapter);
        if (File.Exists(Path.Combine(modelFolder, CompanionFiles.GgufLink)))
        {
            return WriteDequantised(model, adapter, modelFolder, folder);
        }

        using WeightFolder weights = WeightFolder.Open(modelFolder);
        Dictionary<string, (ModuleSpec Module, int? Part)> changed = FindChanged(model, adapter, weights);
        string head = model.Layout.Head.WeightName;
        string embedding = weights.Names.First(name => StoredNames.Current(name) == model.Layout.Embedding.WeightName);
        bool untie = model.Config.TiedHead && !adapter.KeepsTied(model.Layout);
        WeightShards.Write(weights, folder, Pieces);
        CopyRest(model, modelFolder, folder, untie);
        return (changed.Keys.Count(name => untie || !model.Config.TiedHead || name != head), untie);

        IEnumerable<SafetensorsPiece> Pieces(SafetensorsFile file)
        {
            IEnumerable<SafetensorsPiece> pieces = file
                .Entries.Values.Where(entry => !untie || StoredNames.Current(entry.Name) != head)
                .Select(entry => CreatePiece(model, adapter, changed, file, entry));
            return untie && file == weights.Files[^1]
                ? pieces.Append(
                    MergePiece(model, adapter, model.Layout.Head, FindStoredType(weights, embedding)) with
                    {
                        Name = StoredNames.Beside(head, embedding),
                    }
                )
                : pieces;
        }
    }

    /// <summary>A base in GGUF: what training saw, its dequantised weights, with the change in them, unquantised.</summary>
    private static (int Changed, bool Untied) WriteDequantised(
        CausalLM model,
        LoraAdapter adapter,
        string modelFolder,
        string folder
    )
    {
        SafetensorsType type = model.Config.StoredType;
        bool untie = model.Config.TiedHead && !adapter.KeepsTied(model.Layout);
        ModuleSpec[] modules =
        [
            .. model.Layout.Modules.Where(module => untie || !WeightLoader.IsTiedHead(model.Config, module)),
        ];
        SafetensorsWriter.Write(
            Path.Combine(folder, "model.safetensors"),
            modules
                .Select(module => MergePiece(model, adapter, module, type))
                .Concat(
                    modules.Where(module => module.HasBias).Select(module => BiasPiece(model, adapter, module, type))
                ),
            SafetensorsWriter.PyTorchMetadata,
            force: false
        );
        CopyRest(model, modelFolder, folder, untie);
        return (modules.Count(module => IsChanged(adapter, module)), untie);
    }

    private static void RequireBiases(CausalLM model, LoraAdapter adapter)
    {
        ModuleSpec? without = model.Layout.Modules.FirstOrDefault(module =>
            !module.HasBias && adapter.Layer(module.Slot) is { Bias: not null }
        );
        if (without is not null)
        {
            throw new MttException(
                $"the adapter adds a bias to {without.Path} (lora_bias), and the base has none there to merge it into",
                "Use the adapter beside its base; PEFT cannot merge it either."
            );
        }
    }

    /// <summary>By a tensor's name of today, the module that changes it, and which part of a stack it is.</summary>
    private static Dictionary<string, (ModuleSpec Module, int? Part)> FindChanged(
        CausalLM model,
        LoraAdapter adapter,
        WeightFolder weights
    )
    {
        Dictionary<string, string> stored = weights.Names.ToDictionary(StoredNames.Current, StringComparer.Ordinal);
        Dictionary<string, (ModuleSpec, int?)> changed = new(StringComparer.Ordinal);
        foreach (ModuleSpec module in model.Layout.Modules)
        {
            bool whole = stored.TryGetValue(module.WeightName, out string? name);
            if (whole && (IsChanged(adapter, module) || IsResized(weights, name!, module)))
            {
                changed.Add(module.WeightName, (module, null));
            }
            else if (!whole && IsChanged(adapter, module))
            {
                for (int part = 0; part < module.Parts.Count; part++)
                {
                    changed.Add(module.Parts[part], (module, part));
                }
            }
        }

        return changed;
    }

    private static bool IsResized(WeightFolder weights, string name, ModuleSpec module) =>
        weights.TryFind(name, out _, out SafetensorsEntry entry) && !entry.Shape.AsSpan().SequenceEqual(module.Shape);

    private static bool IsChanged(LoraAdapter adapter, ModuleSpec module) =>
        adapter.Layer(module.Slot) is not null
        || adapter.Weight(module.Slot) is not null
        || adapter.Tokens(module.Slot) is not null;

    private static SafetensorsPiece CreatePiece(
        CausalLM model,
        LoraAdapter adapter,
        Dictionary<string, (ModuleSpec Module, int? Part)> changed,
        SafetensorsFile file,
        SafetensorsEntry entry
    )
    {
        string name = StoredNames.Current(entry.Name);
        if (changed.TryGetValue(name, out (ModuleSpec Module, int? Part) change))
        {
            SafetensorsPiece piece = change.Part is { } part
                ? PartPiece(model, adapter, change.Module, part, entry)
                : MergePiece(model, adapter, change.Module, entry.Type);
            return piece with { Name = entry.Name };
        }

        ModuleSpec? biased = adapter
            .Whole.Concat(adapter.Targets.Where(target => adapter.Layer(target.Slot)!.Bias is not null))
            .FirstOrDefault(module => module.HasBias && module.BiasName == name);
        return biased is not null
            ? BiasPiece(model, adapter, biased, entry.Type) with
            {
                Name = entry.Name,
            }
            : SafetensorsPiece.Copy(file, entry);
    }

    /// <summary>The merged weight, made when its turn to be written comes.</summary>
    private static SafetensorsPiece MergePiece(
        CausalLM model,
        LoraAdapter adapter,
        ModuleSpec module,
        SafetensorsType type
    ) =>
        new(
            module.WeightName,
            type,
            module.Shape,
            stream =>
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable quiet = no_grad();
                Tensors.Piece(module.WeightName, model.EffectiveWeight(module, adapter), type).Write(stream);
            }
        );

    private static SafetensorsPiece PartPiece(
        CausalLM model,
        LoraAdapter adapter,
        ModuleSpec module,
        int part,
        SafetensorsEntry entry
    ) =>
        new(
            entry.Name,
            entry.Type,
            entry.Shape,
            stream =>
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable quiet = no_grad();
                Tensors.Piece(entry.Name, model.EffectivePart(module, part, adapter), entry.Type).Write(stream);
            }
        );

    private static SafetensorsPiece BiasPiece(
        CausalLM model,
        LoraAdapter adapter,
        ModuleSpec module,
        SafetensorsType type
    ) =>
        new(
            module.BiasName,
            type,
            [module.Out],
            stream =>
            {
                using DisposeScope scope = NewDisposeScope();
                using IDisposable quiet = no_grad();
                Tensor bias = Projection.EffectiveBias(module, model.Bias(module), adapter)!;
                Tensors.Piece(module.BiasName, bias, type).Write(stream);
            }
        );

    private static SafetensorsType FindStoredType(WeightFolder weights, string name) =>
        weights.TryFind(name, out _, out SafetensorsEntry entry) ? entry.Type : SafetensorsType.F32;

    private static void CopyRest(CausalLM model, string from, string to, bool untie)
    {
        foreach (string name in CompanionFiles.List(from))
        {
            CompanionFiles.Copy(from, name, to, force: false);
        }

        bool resized = ModelConfigReader.ReadFolder(from).VocabularySize != model.Config.VocabularySize;
        if (untie || resized)
        {
            string path = Path.Combine(to, "config.json");
            JsonNode config = JsonNode.Parse(InputFile.ReadBytes(path))!;
            // Of a multimodal model the text part has a configuration of its own.
            foreach (JsonNode part in (JsonNode[])[config, config["text_config"] ?? config])
            {
                part["tie_word_embeddings"] = model.Config.TiedHead && !untie;
            }

            (config["text_config"] ?? config)["vocab_size"] = model.Config.VocabularySize;
            OutputFile.WriteAllBytes(path, JsonSerializer.SerializeToUtf8Bytes(config, JsonText.Indented), force: true);
        }
    }

    private static int[] CreateProbe(ModelConfig config)
    {
        SeededRandom random = NamedRandom.Create(0, "merge probe");
        int[] ids = new int[Math.Min(ProbeTokens, config.MaxPositions)];
        for (int i = 0; i < ids.Length; i++)
        {
            ids[i] = random.Below(config.VocabularySize);
        }

        return ids;
    }

    private static float[] ComputeLogits(CausalLM model, Adapter? adapter, int[] ids)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        using ForwardContext context = model.Prepare(SequenceLayout.Single(ids.Length), adapter);
        Tensor hidden = model.Forward(Tensors.Ids(ids, model.Device), context);
        return Tensors.ToArray(model.Logits(hidden, context));
    }
}
