// Folder Lora: PEFT's adapters: which modules, which files, first values, merging; and full weights.
// Refuses to know: data, losses, how a product is computed.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Quantisation;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>
/// A LoRA (or DoRA) adapter: low-rank pairs, magnitudes, rows of tokens and whole modules as PEFT defines them. All
/// trained tensors are fp32 views of one buffer whatever the base's type.
/// </summary>
public sealed class LoraAdapter : Adapter
{
    private readonly AdapterParts _parts;
    private readonly List<Tensor> _owned = [];
    private readonly List<(string Name, Tensor Value)> _echoes = [];
    private readonly List<(string Name, ModuleSpec Module)> _tables = [];

    /// <summary>A hash of the weights of the base that it was trained on, to be written beside it; null where nobody knows.</summary>
    public string? BaseHash { get; set; }

    private LoraAdapter(CausalLM model, LoraConfig config, AdapterParts parts)
        : base(model.Layout, new ParameterSet(AdapterShapes.List(config, parts), model.Device))
    {
        Config = config;
        _parts = parts;
        foreach (ModuleSpec module in parts.Targets)
        {
            SetLayer(
                module,
                new LoraLayer(
                    Parameters[LoraNames.A(module, parts.IsInner(module))].Value,
                    Parameters[LoraNames.B(module, parts.IsInner(module))].Value,
                    config.UseDora ? Parameters[LoraNames.Magnitude(module)].Value : null,
                    LoraTargets.Scale(config, module),
                    config.LoraBias ? Parameters[LoraNames.Bias(module)].Value : null
                )
            );
        }

        foreach (ModuleSpec module in parts.Whole)
        {
            Tensor? bias = module.HasBias ? Parameters[LoraNames.WholeBias(module)].Value : null;
            Replace(module, Parameters[LoraNames.WholeWeight(module)].Value, bias);
        }

        foreach ((ModuleSpec module, IReadOnlyList<int> ids) in parts.Tokens)
        {
            SetTokens(module, new TokenRows(ids, Parameters[LoraNames.TokenRows(module)].Value, module.Out));
        }

        TieHead(model);
    }

    /// <summary>The configuration, patterns in the order the files have them.</summary>
    public LoraConfig Config { get; }

    /// <summary>The modules with a low-rank pair.</summary>
    public IReadOnlyList<ModuleSpec> Targets => _parts.Targets;

    /// <summary>What it does to which modules.</summary>
    internal AdapterParts Parts => _parts;

    /// <summary>The modules that are trained whole.</summary>
    public IReadOnlyList<ModuleSpec> Whole => _parts.Whole;

    /// <summary>What a tied head repeats of the embedding's tensors, by the names PEFT gives it.</summary>
    internal IReadOnlyList<(string Name, Tensor Value)> Echoes => _echoes;

    /// <summary>The tables of the base that this adapter brought along, by their names in its file.</summary>
    internal IReadOnlyList<(string Name, ModuleSpec Module)> Tables => _tables;

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
                bool inner = adapter._parts.IsInner(module);
                string name = module.Kind == ModuleKind.Embedding ? LoraNames.B(module) : LoraNames.A(module, inner);
                SeededRandom random = NamedRandom.Create(seed, name);
                LoraInitializer.Fill(module, config, LoraTargets.Rank(config, module), random, layer.A, layer.B);
                layer.Bias?.zero_();
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

            foreach ((ModuleSpec module, IReadOnlyList<int> ids) in adapter._parts.Tokens)
            {
                using Tensor rows = Tensors.Ids([.. ids], model.Device);
                adapter.Tokens(module.Slot)!.Values.copy_(model.Weight(module).index_select(0, rows));
            }
        }

        return adapter;
    }

    /// <summary>Loads the base of an adapter, with as many tokens as the adapter's own tables have where it brings some along.</summary>
    /// <param name="modelFolder">The base.</param>
    /// <param name="adapterFolder">The adapter; null for the base as it is.</param>
    /// <param name="type">float32 or bfloat16.</param>
    /// <param name="device">Where to.</param>
    /// <param name="quantisation">How the base is quantised while it is loaded; null leaves it as it is.</param>
    /// <exception cref="Files.MttException">A folder cannot be read.</exception>
    public static CausalLM LoadBase(
        string modelFolder,
        string? adapterFolder,
        ScalarType type,
        Device device,
        FourBitOptions? quantisation = null
    ) =>
        CausalLM.Load(
            modelFolder,
            type,
            device,
            adapterFolder is null ? null : LoraAdapterFiles.Vocabulary(adapterFolder),
            quantisation
        );

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
        LoraAdapter copy = new(model, Config, _parts);
        using (no_grad())
        {
            copy.Parameters.Flat.copy_(Parameters.Flat);
        }

        foreach ((string name, ModuleSpec module) in _tables)
        {
            copy.BringTable(name, module, Weight(module.Slot)!.clone().DetachFromDisposeScope());
        }

        return copy;
    }

    /// <inheritdoc/>
    public override void Dispose()
    {
        _owned.ForEach(tensor => tensor.Dispose());
        base.Dispose();
    }

    internal static LoraAdapter Allocate(CausalLM model, LoraConfig config)
    {
        LoraConfig ordered = config with
        {
            // The file holds patterns sorted, and the first that matches wins: what is trained must be what is loaded.
            RankPattern = [.. config.RankPattern.OrderBy(pair => pair.Key, StringComparer.Ordinal)],
            AlphaPattern = [.. config.AlphaPattern.OrderBy(pair => pair.Key, StringComparer.Ordinal)],
        };
        return new LoraAdapter(model, ordered, AdapterParts.Find(ordered, model));
    }

    /// <summary>Puts a frozen table in the place of the base's: the file's own copy of it. Takes ownership.</summary>
    internal void BringTable(string name, ModuleSpec module, Tensor weight)
    {
        _owned.Add(weight);
        _tables.Add((name, module));
        Replace(module, weight, null);
    }

    /// <summary>Lets a tied head use the table that was brought along for the embedding.</summary>
    internal void ShareTable(ModuleSpec embedding, ModuleSpec head) => Replace(head, Weight(embedding.Slot)!, null);

    /// <summary>Whether a tied head stays equal to the embedding under this adapter.</summary>
    internal bool KeepsTied(ModuleLayout layout)
    {
        int embedding = layout.Embedding.Slot;
        int head = layout.Head.Slot;
        return ReferenceEquals(Weight(embedding), Weight(head))
            && ReferenceEquals(Tokens(embedding), Tokens(head))
            && (
                Layer(head) is { Borrowed: true } borrowed
                    ? borrowed.Scale.Equals(Layer(embedding)!.Scale)
                    : Layer(embedding) is null && Layer(head) is null
            );
    }

    // What a tied head shares with the embedding: rows of tokens always, the rest where the configuration asks for it.
    private void TieHead(CausalLM model)
    {
        ModuleSpec embedding = model.Layout.Embedding;
        ModuleSpec head = model.Layout.Head;
        if (model.Config.TiedHead && Tokens(embedding.Slot) is { } rows && Tokens(head.Slot) is null)
        {
            SetTokens(head, rows);
        }

        if (!_parts.Tied)
        {
            return;
        }

        if (Whole.Contains(embedding))
        {
            Replace(head, Weight(embedding.Slot)!, null);
            _echoes.Add((LoraNames.WholeWeight(head), Weight(embedding.Slot)!));
        }

        if (_parts.BorrowsHead(model.Layout))
        {
            LoraLayer own = Layer(embedding.Slot)!;
            Tensor a = own.B.t().DetachFromDisposeScope(); // [e, r] -> [r, e]
            Tensor b = own.A.t().DetachFromDisposeScope(); // [r, v] -> [v, r]
            _owned.AddRange([a, b]);
            _echoes.AddRange([(LoraNames.A(head), a), (LoraNames.B(head), b)]);
            SetLayer(head, new LoraLayer(a, b, null, LoraTargets.Scale(Config, head), Borrowed: true));
        }
    }
}
