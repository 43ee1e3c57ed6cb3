namespace MultiTurnTrainer.Models.Configuration;

/// <summary>What a module does with its weight.</summary>
public enum ModuleKind
{
    /// <summary>Looks rows up: weight [vocabulary, hidden].</summary>
    Embedding,

    /// <summary>Multiplies: weight [out, in].</summary>
    Linear,

    /// <summary>Normalises: weight [width].</summary>
    Norm,
}

/// <summary>A module that owns a weight.</summary>
/// <param name="Slot">Its place in the layout: adapters are looked up by it.</param>
/// <param name="Path">Its path in HuggingFace's model, such as <c>model.layers.0.self_attn.q_proj</c>.</param>
/// <param name="Kind">What it does.</param>
/// <param name="Out">Rows of the weight; the width of a norm.</param>
/// <param name="In">Columns of the weight; 0 for a norm.</param>
/// <param name="HasBias">Whether it adds a bias [out].</param>
public sealed record ModuleSpec(int Slot, string Path, ModuleKind Kind, int Out, int In, bool HasBias)
{
    /// <summary>The weight's shape.</summary>
    public long[] Shape => Kind == ModuleKind.Norm ? [Out] : [Out, In];

    /// <summary>The weight's name in the model's files.</summary>
    public string WeightName => $"{Path}.weight";

    /// <summary>The bias' name in the model's files.</summary>
    public string BiasName => $"{Path}.bias";
}

/// <summary>All modules of a model, in the order a forward pass meets them.</summary>
public sealed class ModuleLayout
{
    /// <summary>The path of the embedding.</summary>
    public const string EmbeddingPath = "model.embed_tokens";

    /// <summary>The path of the head.</summary>
    public const string HeadPath = "lm_head";

    private readonly List<ModuleSpec> _modules = [];
    private readonly Dictionary<string, ModuleSpec> _byPath = new(StringComparer.Ordinal);

    /// <summary>Lays a model out.</summary>
    public ModuleLayout(ModelConfig config)
    {
        Add(EmbeddingPath, ModuleKind.Embedding, config.VocabularySize, config.HiddenSize);
        for (int layer = 0; layer < config.Layers; layer++)
        {
            AddBlock(config, $"model.layers.{layer}.");
        }

        Add("model.norm", ModuleKind.Norm, config.HiddenSize);
        Add(HeadPath, ModuleKind.Linear, config.VocabularySize, config.HiddenSize);
    }

    /// <summary>The modules; the index is the slot. A tied head is one of them.</summary>
    public IReadOnlyList<ModuleSpec> Modules => _modules;

    /// <summary>The module at a path.</summary>
    /// <exception cref="KeyNotFoundException">No module has that path.</exception>
    public ModuleSpec this[string path] => _byPath[path];

    private void AddBlock(ModelConfig config, string prefix)
    {
        Add(prefix + "input_layernorm", ModuleKind.Norm, config.HiddenSize);
        string attention = prefix + "self_attn.";
        if (config.FusedProjections)
        {
            Linear(attention + "qkv_proj", config.QueryWidth + (2 * config.KeyValueWidth), config.HiddenSize);
        }
        else
        {
            Linear(attention + "q_proj", config.QueryWidth, config.HiddenSize, config.QkvBias);
            Linear(attention + "k_proj", config.KeyValueWidth, config.HiddenSize, config.QkvBias);
            Linear(attention + "v_proj", config.KeyValueWidth, config.HiddenSize, config.QkvBias);
        }

        if (config.QueryKeyNorm)
        {
            Add(attention + "q_norm", ModuleKind.Norm, config.HeadDimension);
            Add(attention + "k_norm", ModuleKind.Norm, config.HeadDimension);
        }

        Linear(attention + "o_proj", config.HiddenSize, config.QueryWidth, config.OutputBias);
        Add(prefix + "post_attention_layernorm", ModuleKind.Norm, config.HiddenSize);
        if (config.SandwichNorms)
        {
            Add(prefix + "pre_feedforward_layernorm", ModuleKind.Norm, config.HiddenSize);
        }

        if (config.FusedProjections)
        {
            Linear(prefix + "mlp.gate_up_proj", 2 * config.IntermediateSize, config.HiddenSize);
        }
        else
        {
            Linear(prefix + "mlp.gate_proj", config.IntermediateSize, config.HiddenSize, config.MlpBias);
            Linear(prefix + "mlp.up_proj", config.IntermediateSize, config.HiddenSize, config.MlpBias);
        }

        Linear(prefix + "mlp.down_proj", config.HiddenSize, config.IntermediateSize, config.MlpBias);
        if (config.SandwichNorms)
        {
            Add(prefix + "post_feedforward_layernorm", ModuleKind.Norm, config.HiddenSize);
        }
    }

    private void Linear(string path, int rows, int columns, bool bias = false) =>
        Add(path, ModuleKind.Linear, rows, columns, bias);

    private void Add(string path, ModuleKind kind, int rows, int columns = 0, bool bias = false)
    {
        ModuleSpec module = new(_modules.Count, path, kind, rows, columns, bias);
        _modules.Add(module);
        _byPath.Add(path, module);
    }
}
