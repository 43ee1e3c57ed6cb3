// Folder Lora: PEFT's adapters: which modules, which files, first values, merging; and full weights.
// Refuses to know: data, losses, how a product is computed.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>
/// A LoRA (or DoRA) adapter: low-rank pairs, magnitudes and whole modules as PEFT defines them. All trained tensors
/// are fp32 views of one buffer whatever the base's type.
/// </summary>
public sealed class LoraAdapter : Adapter
{
    private readonly List<Tensor> _frozen = [];

    private LoraAdapter(
        CausalLM model,
        LoraConfig config,
        IReadOnlyList<ModuleSpec> targets,
        IReadOnlyList<ModuleSpec> whole
    )
        : base(model.Layout, new ParameterSet(Shapes(config, targets, whole), model.Device))
    {
        Config = config;
        Targets = targets;
        Whole = whole;
        foreach (ModuleSpec module in targets)
        {
            SetLayer(
                module,
                new LoraLayer(
                    Parameters[LoraNames.A(module)].Value,
                    Parameters[LoraNames.B(module)].Value,
                    config.UseDora ? Parameters[LoraNames.Magnitude(module)].Value : null,
                    LoraTargets.Scale(config, module)
                )
            );
        }

        foreach (ModuleSpec module in whole)
        {
            Tensor? bias = module.HasBias ? Parameters[LoraNames.WholeBias(module)].Value : null;
            Replace(module, Parameters[LoraNames.WholeWeight(module)].Value, bias);
        }
    }

    /// <summary>The configuration, patterns in the order the files have them.</summary>
    public LoraConfig Config { get; }

    /// <summary>The modules with a low-rank pair.</summary>
    public IReadOnlyList<ModuleSpec> Targets { get; }

    /// <summary>The modules that are trained whole.</summary>
    public IReadOnlyList<ModuleSpec> Whole { get; }

    /// <inheritdoc/>
    public override double Dropout => Config.Dropout;

    /// <summary>A new adapter with PEFT's first values: the adapted model computes what the base computes.</summary>
    /// <param name="model">The base.</param>
    /// <param name="config">Targets, ranks, scales.</param>
    /// <param name="seed">Each tensor's values follow from this and its name.</param>
    /// <exception cref="Files.MttException">A target matches nothing, or settings contradict each other.</exception>
    public static LoraAdapter Create(CausalLM model, LoraConfig config, ulong seed)
    {
        config = LoraTargets.Resolve(config, model.Layout);
        LoraTargets.RequireEachMatches(config, model.Layout);
        LoraAdapter adapter = Allocate(model, config);
        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            foreach (ModuleSpec module in adapter.Targets)
            {
                LoraLayer layer = adapter.Layer(module.Slot)!;
                LoraInitializer.Fill(module, config, LoraTargets.Rank(config, module), seed, layer.A, layer.B);
                if (layer.Magnitude is { } magnitude)
                {
                    Tensor weight = model.Weight(module);
                    bool embedding = module.Kind == ModuleKind.Embedding;
                    magnitude.copy_(embedding ? Dora.ColumnNorm(weight, layer) : Dora.RowNorm(weight, layer));
                }
            }

            foreach (ModuleSpec module in adapter.Whole)
            {
                adapter.Weight(module.Slot)!.copy_(model.Weight(module));
                adapter.Bias(module.Slot)?.copy_(model.Bias(module)!);
            }
        }

        return adapter;
    }

    /// <summary>Loads an adapter folder over its base.</summary>
    /// <exception cref="Files.MttException">Damaged, incomplete, or made for another base.</exception>
    public static LoraAdapter Load(CausalLM model, string folder) => LoraAdapterFiles.Load(model, folder);

    /// <summary>Writes an adapter folder in PEFT's layout.</summary>
    /// <param name="model">The base: an adapted embedding or head is saved with its frozen weight, as PEFT does.</param>
    /// <param name="folder">The folder; created.</param>
    /// <param name="force">Whether files of that name may be replaced.</param>
    public void Save(CausalLM model, string folder, bool force) => LoraAdapterFiles.Save(this, model, folder, force);

    /// <summary>A second adapter with the same values and memory of its own.</summary>
    public LoraAdapter Clone(CausalLM model)
    {
        LoraAdapter copy = new(model, Config, Targets, Whole);
        using (no_grad())
        {
            copy.Parameters.Flat.copy_(Parameters.Flat);
        }

        foreach (ModuleSpec module in Targets.Where(module => Weight(module.Slot) is not null))
        {
            copy.Freeze(module, Weight(module.Slot)!.clone().DetachFromDisposeScope());
        }

        return copy;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        base.Dispose();
        _frozen.ForEach(tensor => tensor.Dispose());
    }

    internal static LoraAdapter Allocate(CausalLM model, LoraConfig config)
    {
        LoraConfig ordered = config with
        {
            // The file holds patterns sorted, and the first that matches wins: what is trained must be what is loaded.
            RankPattern = [.. config.RankPattern.OrderBy(pair => pair.Key, StringComparer.Ordinal)],
            AlphaPattern = [.. config.AlphaPattern.OrderBy(pair => pair.Key, StringComparer.Ordinal)],
        };
        return new LoraAdapter(
            model,
            ordered,
            LoraTargets.Select(ordered, model.Layout),
            LoraTargets.SelectWhole(ordered, model.Layout)
        );
    }

    /// <summary>Puts a frozen weight under a low-rank pair: the file's own copy of the base's. Takes ownership.</summary>
    internal void Freeze(ModuleSpec module, Tensor weight)
    {
        _frozen.Add(weight);
        Replace(module, weight, null);
    }

    private static List<(string Name, long[] Shape)> Shapes(
        LoraConfig config,
        IReadOnlyList<ModuleSpec> targets,
        IReadOnlyList<ModuleSpec> whole
    )
    {
        List<(string Name, long[] Shape)> shapes = [];
        foreach (ModuleSpec module in targets)
        {
            int rank = LoraTargets.Rank(config, module);
            bool embedding = module.Kind == ModuleKind.Embedding;
            (int input, int output) = embedding ? (module.Out, module.In) : (module.In, module.Out);
            shapes.Add((LoraNames.A(module), [rank, input]));
            shapes.Add((LoraNames.B(module), [output, rank]));
            if (config.UseDora)
            {
                shapes.Add((LoraNames.Magnitude(module), [output]));
            }
        }

        foreach (ModuleSpec module in whole)
        {
            shapes.Add((LoraNames.WholeWeight(module), module.Shape));
            if (module.HasBias)
            {
                shapes.Add((LoraNames.WholeBias(module), [module.Out]));
            }
        }

        return shapes;
    }
}
