// Folder Architectures: the forward pass of every family, out of modules that ask a configuration for properties.
// Refuses to know: families by name, losses, optimizers.
// Shapes: s tokens of the pack, n rows asked for, e hidden width, v vocabulary.
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Kernels.CrossEntropy;
using MultiTurnTrainer.Models.Kernels.Dequantise;
using MultiTurnTrainer.Models.Quantisation;

namespace MultiTurnTrainer.Models.Architectures;

/// <summary>
/// A decoder-only language model from a HuggingFace folder. Works on packs: ids [tokens] with a
/// <see cref="SequenceLayout"/>. The hidden state before the head is a result of its own, so that a loss can visit
/// only the rows it needs.
/// </summary>
public sealed class CausalLM : IDisposable
{
    private readonly ModuleWeight[] _weights;
    private readonly Tensor?[] _biases;
    private readonly Embedding _embedding;
    private readonly DecoderBlock[] _blocks;
    private readonly RmsNorm _finalNorm;
    private readonly Projection _head;
    private readonly PerLayerTable? _perLayer;
    private readonly List<Tensor> _constants = [];

    private CausalLM(ModelConfig config, ModuleLayout layout, ModuleWeight[] weights, Tensor?[] biases)
    {
        Config = config;
        Layout = layout;
        Tensor embedding = weights[layout.Embedding.Slot].Numbers!;
        Type = embedding.dtype;
        Device = embedding.device;
        _weights = weights;
        _biases = biases;
        ModuleBuilder build = new(config, layout, weights, biases, _constants);
        _embedding = build.Embedding();
        _blocks = [.. Enumerable.Range(0, config.Layers).Select(layer => new DecoderBlock(config, layer, build))];
        _finalNorm = build.Norm(ModuleLayout.FinalNormPath(config));
        _perLayer = config.PerLayerInput is null ? null : new PerLayerTable(config, build);
        _head = build.Projection(ModuleLayout.HeadPath);
    }

    /// <summary>The resolved configuration.</summary>
    public ModelConfig Config { get; }

    /// <summary>The modules.</summary>
    public ModuleLayout Layout { get; }

    /// <summary>The type of weights and activations.</summary>
    public ScalarType Type { get; }

    /// <summary>Where the model lives.</summary>
    public Device Device { get; }

    /// <summary>The number of blocks.</summary>
    public int BlockCount => _blocks.Length;

    /// <summary>Whether attention forms whole matrices of scores here, and keeps them for its backward.</summary>
    public bool FormsScores => PackContext.FormsScores(Config, Type, Device);

    /// <summary>The number of base weights, a tied head counted once.</summary>
    public long ParameterCount =>
        Layout
            .Modules.Where(module => !WeightLoader.IsTiedHead(Config, module))
            .Sum(module => module.Shape.Aggregate(1L, (product, size) => product * size))
        + _biases.Sum(bias => bias?.numel() ?? 0);

    /// <summary>Tensors of the files that belong to parts text does not pass (vision, audio), and were left there.</summary>
    public int SkippedTensors { get; private init; }

    /// <summary>The same as a sentence.</summary>
    public string Skipped =>
        $"{SkippedTensors} tensors of the model are no part of reading text (vision, audio, further tokens) and were left out";

    /// <summary>Whether weights are held as codes.</summary>
    public bool IsQuantised => _weights.Any(weight => weight.Codes is not null);

    /// <summary>Loads a model folder.</summary>
    /// <param name="folder">Holds config.json and safetensors weights.</param>
    /// <param name="type">float32 or bfloat16, for weights and activations.</param>
    /// <param name="device">Where to.</param>
    /// <param name="vocabulary">Rows of embedding and head, where they are to be more or fewer than the folder's; rows it lacks are zero.</param>
    /// <param name="quantisation">How linear modules are quantised while they are loaded; null leaves them as they are stored.</param>
    /// <exception cref="Files.MttException">The folder is incomplete, damaged, inconsistent or of an unknown family.</exception>
    public static CausalLM Load(
        string folder,
        ScalarType type,
        Device device,
        int? vocabulary = null,
        FourBitOptions? quantisation = null
    )
    {
        ModelConfig config = ModelConfigReader.ReadFolder(folder);
        using IModelWeights files = IModelWeights.Open(folder, config);
        if (WeightLoader.HeadDimension(files, config) is { } width && width != config.HeadDimension)
        {
            // Only takes effect where the file does not state head_dim.
            config = ModelConfigReader.ReadFolder(folder, width);
        }

        int rows = config.VocabularySize;
        config = config with { VocabularySize = vocabulary ?? rows };
        ModuleLayout layout = new(config);
        (ModuleWeight[] weights, Tensor?[] biases) = WeightLoader.Load(
            files,
            config,
            layout,
            rows,
            type,
            device,
            quantisation
        );
        if (quantisation is not null)
        {
            config = config with { Quantisation = quantisation.Described };
        }

        return new CausalLM(config, layout, weights, biases)
        {
            SkippedTensors = files.Names.Count(name => WeightLoader.IsSkipped(config, name)),
        };
    }

    /// <summary>What a forward pass over a pack needs; dispose it after the backward.</summary>
    /// <param name="layout">The pack.</param>
    /// <param name="adapter">Laid over the base; null for the base alone.</param>
    /// <param name="dropoutSeed">Non-null in training: seeds the adapter's dropout for this pack.</param>
    public ForwardContext Prepare(SequenceLayout layout, Adapter? adapter = null, ulong? dropoutSeed = null) =>
        new PackContext(layout, Tables(layout), adapter, dropoutSeed);

    /// <summary>A pack whose keys, values and states are handed out layer by layer.</summary>
    internal ForwardContext PrepareCached(SequenceLayout layout, Adapter? adapter, PackReader reader) =>
        new PackContext(layout, Tables(layout), adapter, null, reader);

    /// <summary>Ids [tokens] (int64, on the model's device) to [tokens, hidden].</summary>
    public Tensor Embed(Tensor ids, ForwardContext context)
    {
        using DisposeScope scope = NewDisposeScope();
        foreach (int placeholder in Config.Placeholders?.Ids ?? [])
        {
            ids = ids.masked_fill(ids.eq(placeholder), Config.Placeholders!.Stand);
        }

        Tensor embedded = _embedding.Forward(ids, context);
        context.PerLayerInput = _perLayer?.Forward(ids, embedded, context).DetachFromDisposeScope();
        return embedded.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// Whether a block may run without autograd and again with it: not where other blocks need what it computed, or where what every
    /// block gets beside the residual stream is trained.
    /// </summary>
    public bool CanRecompute(int layer, ForwardContext context) =>
        layer < Config.FirstSharedLayer && context.PerLayerInput is not { requires_grad: true };

    /// <summary>One block: [tokens, hidden] to the same shape, or to the rows that are asked for.</summary>
    /// <param name="layer">Its number.</param>
    /// <param name="hidden">[tokens, hidden].</param>
    /// <param name="context">The pack.</param>
    /// <param name="rows">Int64 token numbers: all that is computed after the attention. Null for every token.</param>
    public Tensor Block(int layer, Tensor hidden, ForwardContext context, Tensor? rows = null) =>
        _blocks[layer].Forward(hidden, context, rows);

    /// <summary>The norm before the head; what divides logits divides its result, which is the same.</summary>
    public Tensor FinalNorm(Tensor hidden, ForwardContext context)
    {
        Tensor normed = _finalNorm.Forward(hidden, context.Adapter);
        return Config.LogitDivisor == 1 ? normed : normed * (1 / Config.LogitDivisor);
    }

    /// <summary>Ids [tokens] to the hidden state the head reads, [tokens, hidden], or the rows of it that are asked for.</summary>
    /// <param name="ids">Int64, on the model's device.</param>
    /// <param name="context">The pack.</param>
    /// <param name="rows">Int64 token numbers; null for every token.</param>
    public Tensor Forward(Tensor ids, ForwardContext context, Tensor? rows = null)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor hidden = Embed(ids, context); // [s] -> [s, e]
        for (int layer = 0; layer < _blocks.Length; layer++)
        {
            Tensor next = Block(layer, hidden, context, layer == _blocks.Length - 1 ? rows : null); // [s, e]; the last [n, e]
            hidden.Dispose();
            hidden = next;
        }

        return FinalNorm(hidden, context).MoveToOuterDisposeScope();
    }

    /// <summary>Hidden states [rows, hidden] to logits [rows, vocabulary] in single precision, capped where the family caps.</summary>
    public Tensor Logits(Tensor hidden, ForwardContext context)
    {
        using DisposeScope scope = NewDisposeScope();
        Tensor logits = _head.Forward(hidden, context).to(ScalarType.Float32); // [n, e] -> [n, v]
        if (Config.LogitSoftcap is { } cap)
        {
            logits = (logits / cap).tanh() * cap;
        }

        return logits.MoveToOuterDisposeScope();
    }

    /// <summary>
    /// The head as one matrix [vocabulary, hidden], the adapter's change included: what a loss that forms logits in
    /// chunks multiplies by. Follows autograd where the adapter trains the head. The logit cap is not part of it.
    /// </summary>
    public Tensor HeadWeight(Adapter? adapter) => EffectiveWeight(Layout.Head, adapter);

    /// <summary>
    /// The head under a low-rank change, as products of its own: no matrix [vocabulary, hidden] is made, and the gradients are added
    /// to the adapter's. Null where the adapter leaves the head alone or changes it otherwise (DoRA, a trained weight, trained rows).
    /// </summary>
    public IHead? LowRankHead(Adapter adapter)
    {
        ModuleSpec module = Layout.Head;
        return
            adapter.Weight(module.Slot) is null
            && adapter.Tokens(module.Slot) is null
            && adapter.Layer(module.Slot) is { Magnitude: null, Borrowed: false } lora
            ? new LoraHead(Weight(module), lora.A, lora.B, (float)lora.Scale, lora.A.grad!, lora.B.grad!)
            : null;
    }

    /// <summary>Frees the weights.</summary>
    public void Dispose()
    {
        foreach (ModuleWeight weight in _weights.Distinct())
        {
            weight.Dispose();
        }

        foreach (Tensor? tensor in _biases.Concat(_constants))
        {
            tensor?.Dispose();
        }
    }

    /// <summary>One of the tensors that files hold in place of a stacked weight, with the adapter's change in it.</summary>
    internal Tensor EffectivePart(ModuleSpec module, int part, Adapter? adapter)
    {
        using DisposeScope scope = NewDisposeScope();
        int perExpert = module.Parts.Count / module.Experts;
        Tensor stacked = _weights[module.Slot].Numbers!;
        return ExpertMatrices
            .EffectiveWeight(module, stacked, adapter, part / perExpert)
            .reshape(perExpert, -1, module.In) // [1, out, in] -> [parts, rows, in]
            .select(0, part % perExpert)
            .MoveToOuterDisposeScope();
    }

    /// <summary>A module's weight with the adapter's change in it.</summary>
    internal Tensor EffectiveWeight(ModuleSpec module, Adapter? adapter)
    {
        ModuleWeight weight = _weights[module.Slot];
        return module.Kind switch
        {
            ModuleKind.Embedding => Embedding.EffectiveWeight(module, weight.Numbers!, adapter),
            ModuleKind.Experts => ExpertMatrices.EffectiveWeight(module, weight.Numbers!, adapter),
            _ => Projection.EffectiveWeight(module, weight, adapter),
        };
    }

    private RotaryTables Tables(SequenceLayout layout) =>
        new(Config.Ropes, rope => RotaryTable.ForPack(rope, layout, Type, Device));

    /// <summary>A module's weight: the model's own tensor, or what its codes mean as a new one in the caller's scope.</summary>
    internal Tensor Weight(ModuleSpec module) => _weights[module.Slot].Get();

    /// <summary>A module's weight as codes; null where it is not quantised.</summary>
    internal QuantisedMatrix? Codes(ModuleSpec module) => _weights[module.Slot].Codes;

    internal Tensor? Bias(ModuleSpec module) => _biases[module.Slot];
}
