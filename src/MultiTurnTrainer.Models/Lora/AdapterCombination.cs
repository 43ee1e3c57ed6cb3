using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>Makes one adapter of several for the same base, by weights. The base itself is not needed.</summary>
public static class AdapterCombination
{
    /// <summary>Combines and writes an adapter's folder; tokenizer and templates go along from the first.</summary>
    /// <param name="sources">Folders and weights.</param>
    /// <param name="options">The method.</param>
    /// <param name="output">The folder to write.</param>
    /// <param name="force">Whether files of that name may be replaced.</param>
    /// <returns>The rank of the result.</returns>
    /// <exception cref="MttException">An adapter is no plain LoRA, they do not fit together, or a file cannot be written.</exception>
    public static int Run(
        IReadOnlyList<(string Folder, double Weight)> sources,
        CombinationOptions options,
        string output,
        bool force
    )
    {
        if (options.LetsGo && options.Density is null)
        {
            throw new MttException(
                $"{options.Method}: how many values stay is not said",
                "Give --density, such as 0.5."
            );
        }

        List<Source> all = [];
        try
        {
            foreach ((string folder, double weight) in sources)
            {
                all.Add(Source.Open(folder, weight));
            }

            int rank = FindRank(all, options);
            Write(all, options, rank, output, force);
            return rank;
        }
        finally
        {
            all.ForEach(source => source.File.Dispose());
        }
    }

    private static void Write(List<Source> all, CombinationOptions options, int rank, string output, bool force)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        List<SafetensorsPiece> pieces = [];
        ModuleSpec[] modules =
        [
            .. all.SelectMany(source => source.Modules)
                .Distinct()
                .OrderBy(module => module.Path, StringComparer.Ordinal),
        ];
        foreach (ModuleSpec module in modules)
        {
            CombinationPart[] parts =
            [
                .. all.Where(source => source.Modules.Contains(module)).Select(source => source.Part(module)),
            ];
            RequireSameShape(module, parts, options);
            (Tensor a, Tensor b) = CombinationMath.Combine(module.Path, parts, options, rank);
            pieces.Add(Tensors.Piece(LoraNames.A(module), Pad(a, 0, rank), SafetensorsType.F32));
            pieces.Add(Tensors.Piece(LoraNames.B(module), Pad(b, 1, rank), SafetensorsType.F32));
            pieces.AddRange(Tables(all, module));
        }

        string weights = Path.Combine(output, LoraAdapterFiles.WeightsName);
        SafetensorsWriter.Write(weights, pieces, SafetensorsWriter.PyTorchMetadata, force);
        byte[] config = LoraConfigJson.Write(Describe(all, modules, rank));
        OutputFile.WriteAllBytes(Path.Combine(output, LoraConfigJson.FileName), config, force);
        foreach (string name in CompanionFiles.ListTokenizer(all[0].Folder))
        {
            CompanionFiles.Copy(all[0].Folder, name, output, force);
        }
    }

    private static int FindRank(List<Source> all, CombinationOptions options)
    {
        int[] ranks = [.. all.Select(source => source.LargestRank)];
        if (options.Method == CombinationMethod.Cat)
        {
            return ranks.Sum();
        }

        if (options.CutsToRank)
        {
            return options.Rank ?? ranks.Max();
        }

        return ranks.Distinct().Count() == 1
            ? ranks[0]
            : throw new MttException(
                $"the adapters have ranks {string.Join(", ", ranks)}, and {options.Method} adds their matrices up",
                "Use cat (exact) or svd."
            );
    }

    private static void RequireSameShape(ModuleSpec module, CombinationPart[] parts, CombinationOptions options)
    {
        bool byMatrix = !options.CutsToRank && options.Method != CombinationMethod.Cat;
        if (byMatrix && parts.Select(part => part.A.size(0)).Distinct().Count() > 1)
        {
            throw new MttException(
                $"{module.Path}: the adapters have other ranks there, and {options.Method} adds their matrices up",
                "Use cat (exact) or svd."
            );
        }
    }

    // What a module lacks in rank is filled with zeros: one rank for all, as PEFT has it.
    private static Tensor Pad(Tensor matrix, int dimension, int rank)
    {
        long missing = rank - matrix.size(dimension);
        long[] shape = [.. matrix.shape];
        shape[dimension] = missing;
        // [r, i] → [rank, i], or [o, r] → [o, rank]
        return missing == 0 ? matrix : cat([matrix, zeros(shape, ScalarType.Float32)], dimension);
    }

    private static IEnumerable<SafetensorsPiece> Tables(List<Source> all, ModuleSpec module)
    {
        string name = LoraNames.BaseLayer(module);
        SafetensorsFile[] files = [.. all.Select(source => source.File).Where(file => file.Entries.ContainsKey(name))];
        if (files.Length == 0)
        {
            return [];
        }

        SafetensorsEntry entry = files[0][name];
        if (files.Any(file => !file.Bytes(file[name]).SequenceEqual(files[0].Bytes(entry))))
        {
            throw new MttException(
                $"the adapters bring different tables for {module.Path}",
                "They were made for bases that differ: combine adapters of one base."
            );
        }

        return [new SafetensorsPiece(name, entry.Type, entry.Shape, stream => stream.Write(files[0].Bytes(entry)))];
    }

    private static LoraConfig Describe(List<Source> all, ModuleSpec[] modules, int rank)
    {
        // Names say it shorter where nothing but names chose the modules.
        bool byName = all.All(source =>
            source.Config
                is { TargetModules: not null, LayersToTransform: null, ExcludeModules: [], ExcludePattern: null }
        );
        IEnumerable<string> targets = byName
            ? all.SelectMany(source => source.Config.TargetModules!)
            : modules.Select(module => module.Path);
        return all[0].Config with
        {
            Rank = rank,
            Alpha = rank,
            UseRsLora = false,
            RankPattern = [],
            AlphaPattern = [],
            TargetModules = [.. targets.Distinct().Order(StringComparer.Ordinal)],
            TargetPattern = null,
            ExcludeModules = [],
            ExcludePattern = null,
            LayersToTransform = null,
            LayersPattern = [],
        };
    }

    /// <summary>One adapter, opened.</summary>
    private sealed record Source(
        string Folder,
        double Weight,
        LoraConfig Config,
        SafetensorsFile File,
        HashSet<ModuleSpec> Modules
    )
    {
        public int LargestRank => (int)Modules.Max(module => File[LoraNames.A(module)].Shape[0]);

        public static Source Open(string folder, double weight)
        {
            LoraConfig config = LoraConfigJson.ReadFolder(folder);
            RefuseField(folder, "use_dora", config.UseDora);
            RefuseField(folder, "lora_bias", config.LoraBias);
            RefuseField(folder, "modules_to_save", config.ModulesToSave.Count > 0);
            RefuseField(folder, "trainable_token_indices", config.TrainableTokens.Count > 0);
            RefuseField(folder, "target_parameters", config.TargetParameters.Count > 0);
            RefuseField(folder, "ensure_weight_tying", config.EnsureWeightTying);
            SafetensorsFile file = LoraAdapterFiles.Open(folder);
            try
            {
                HashSet<ModuleSpec> modules =
                [
                    .. file.Entries.Keys.Select(name => FindModule(file, name)).OfType<ModuleSpec>(),
                ];
                return modules.Count > 0
                    ? new Source(folder, weight, config, file, modules)
                    : throw new MttException($"{file.Path}: holds no low-rank pair", "Give a LoRA adapter.");
            }
            catch
            {
                file.Dispose();
                throw;
            }
        }

        public CombinationPart Part(ModuleSpec module) =>
            new(
                Tensors.Load(File, File[LoraNames.A(module)], ScalarType.Float32, CPU),
                Tensors.Load(File, File[LoraNames.B(module)], ScalarType.Float32, CPU),
                LoraTargets.Scale(Config, module),
                Weight
            );

        // The module of an A; null for what belongs to one. Anything else has no weighted sum.
        private static ModuleSpec? FindModule(SafetensorsFile file, string name)
        {
            string path = name.StartsWith(LoraNames.Prefix, StringComparison.Ordinal)
                ? name[LoraNames.Prefix.Length..]
                : name;
            foreach (
                (string ending, ModuleKind kind) in (ReadOnlySpan<(string, ModuleKind)>)
                    [(".lora_A.weight", ModuleKind.Linear), (".lora_embedding_A", ModuleKind.Embedding)]
            )
            {
                if (path.EndsWith(ending, StringComparison.Ordinal))
                {
                    long width = file[name].Shape[^1];
                    ModuleSpec module = new(0, path[..^ending.Length], kind, 0, 0, false);
                    long other = file[LoraNames.B(module)].Shape[0];
                    return kind == ModuleKind.Linear
                        ? module with
                        {
                            Out = (int)other,
                            In = (int)width,
                        }
                        : module with
                        {
                            Out = (int)width,
                            In = (int)other,
                        };
                }
            }

            bool known =
                path.EndsWith(".lora_B.weight", StringComparison.Ordinal)
                || path.EndsWith(".lora_embedding_B", StringComparison.Ordinal)
                || path.EndsWith(".base_layer.weight", StringComparison.Ordinal);
            return known
                ? null
                : throw new MttException(
                    $"{file.Path}: '{name}' cannot be combined by weights",
                    "Only low-rank pairs can: merge such an adapter into its base instead."
                );
        }

        private static void RefuseField(string folder, string field, bool set)
        {
            if (set)
            {
                throw new MttException(
                    $"{Path.Combine(folder, LoraConfigJson.FileName)}: {field} is set, and only plain LoRA adapters can be combined",
                    "Merge that adapter into its base instead (mtt merge with one --adapter)."
                );
            }
        }
    }
}
