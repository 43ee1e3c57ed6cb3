namespace MultiTurnTrainer.Models.Configuration;

/// <summary>All modules of a model, in the order a forward pass meets them.</summary>
public sealed class ModuleLayout
{
    /// <summary>The path of the embedding in a model that is no part of another.</summary>
    public const string EmbeddingPath = "model.embed_tokens";

    /// <summary>The path of the head.</summary>
    public const string HeadPath = "lm_head";

    private readonly List<ModuleSpec> _modules = [];
    private readonly Dictionary<string, ModuleSpec> _byPath = new(StringComparer.Ordinal);
    private readonly ModelConfig _config;

    /// <summary>Lays a model out.</summary>
    public ModuleLayout(ModelConfig config)
    {
        _config = config;
        Embedding = Add($"{config.Root}.embed_tokens", ModuleKind.Embedding, config.VocabularySize, config.HiddenSize);
        if (config.PerLayerInput is { } input)
        {
            AddPerLayerInput(input);
        }

        for (int layer = 0; layer < config.Layers; layer++)
        {
            AddBlock(config.Shape(layer), LayerPath(config, layer) + ".");
        }

        Norm(FinalNormPath(config), config.HiddenSize);
        Head = Add(HeadPath, ModuleKind.Linear, config.VocabularySize, config.HiddenSize);
    }

    /// <summary>The modules; the index is the slot. A tied head is one of them.</summary>
    public IReadOnlyList<ModuleSpec> Modules => _modules;

    /// <summary>The token embedding.</summary>
    public ModuleSpec Embedding { get; }

    /// <summary>The head.</summary>
    public ModuleSpec Head { get; }

    /// <summary>The module at a path.</summary>
    /// <exception cref="KeyNotFoundException">No module has that path.</exception>
    public ModuleSpec this[string path] => _byPath[path];

    /// <summary>The path of a layer.</summary>
    public static string LayerPath(ModelConfig config, int layer) => $"{config.Root}.layers.{layer}";

    /// <summary>The path of the norm before the head.</summary>
    public static string FinalNormPath(ModelConfig config) => $"{config.Root}.norm";

    private void AddPerLayerInput(PerLayerInputConfig input)
    {
        string root = _config.Root + ".";
        int width = _config.Layers * input.Width;
        Parameter(root + "embed_tokens_per_layer.weight", input.VocabularySize, width);
        Linear(root + "per_layer_model_projection", width, _config.HiddenSize);
        Norm(root + "per_layer_projection_norm", input.Width);
    }

    private void AddBlock(LayerShape shape, string block)
    {
        Norm(block, _config.Norms.BeforeMixer);
        if (shape.Mixer == Mixer.DeltaNet)
        {
            AddDeltaNet(_config.DeltaNet!, block + "linear_attn.");
        }
        else if (_config.Latent is { } latent)
        {
            AddLatentAttention(latent, block + "self_attn.");
        }
        else
        {
            AddAttention(shape, block + "self_attn.");
        }

        Norm(block, _config.Norms.AfterMixer);
        Norm(block, _config.Norms.BeforeMlp);
        AddFeedForward(shape, block);
        Norm(block, _config.Norms.AfterMlp);
        if (_config.PerLayerInput is { } input)
        {
            Linear(block + "per_layer_input_gate", input.Width, _config.HiddenSize);
            Linear(block + "per_layer_projection", _config.HiddenSize, input.Width);
            Norm(block, "post_per_layer_input_norm");
        }

        if (_config.ScalesLayers)
        {
            Parameter(block + "layer_scalar", 1);
        }
    }

    private void AddAttention(LayerShape shape, string attention)
    {
        int queries = _config.Heads * shape.HeadDimension;
        int keys = shape.KeyValueHeads * shape.HeadDimension;
        bool owns = shape.KeysOf is null;
        if (_config.FusedQkv)
        {
            Linear(attention + "qkv_proj", queries + (2 * keys), _config.HiddenSize);
        }
        else
        {
            int gated = _config.GatesAttention ? 2 : 1;
            Linear(attention + "q_proj", gated * queries, _config.HiddenSize, _config.QkvBias);
            LinearIf(owns, attention + "k_proj", keys, _config.HiddenSize, _config.QkvBias);
            LinearIf(owns && !shape.ValuesAreKeys, attention + "v_proj", keys, _config.HiddenSize, _config.QkvBias);
        }

        if (_config.QueryKeyNorm != QueryKeyNorm.None)
        {
            bool row = _config.QueryKeyNorm == QueryKeyNorm.Row;
            Norm(attention + "q_norm", row ? queries : shape.HeadDimension);
            if (owns)
            {
                Norm(attention + "k_norm", row ? keys : shape.HeadDimension);
            }
        }

        if (_config.HasSinks)
        {
            Parameter(attention + "sinks", _config.Heads);
        }

        Linear(attention + "o_proj", _config.HiddenSize, queries, _config.OutputBias);
    }

    private void AddLatentAttention(LatentAttentionConfig latent, string attention)
    {
        int queries = _config.Heads * latent.KeyWidth;
        if (latent.QueryRank is { } rank)
        {
            Linear(attention + "q_a_proj", rank, _config.HiddenSize, _config.QkvBias);
            Norm(attention + "q_a_layernorm", rank);
            Linear(attention + "q_b_proj", queries, rank);
        }
        else
        {
            Linear(attention + "q_proj", queries, _config.HiddenSize);
        }

        int states = latent.KeyValueRank + latent.RotatingWidth;
        Linear(attention + "kv_a_proj_with_mqa", states, _config.HiddenSize, _config.QkvBias);
        Norm(attention + "kv_a_layernorm", latent.KeyValueRank);
        int both = _config.Heads * (latent.PlainWidth + latent.ValueWidth);
        Linear(attention + "kv_b_proj", both, latent.KeyValueRank);
        Linear(attention + "o_proj", _config.HiddenSize, _config.Heads * latent.ValueWidth, _config.OutputBias);
    }

    private void AddDeltaNet(DeltaNetConfig delta, string mixer)
    {
        int hidden = _config.HiddenSize;
        if (delta.FusedByKeyHead)
        {
            Linear(mixer + "in_proj_qkvz", delta.Channels + delta.Values, hidden);
            Linear(mixer + "in_proj_ba", 2 * delta.ValueHeads, hidden);
        }
        else
        {
            Linear(mixer + "in_proj_qkv", delta.Channels, hidden);
            Linear(mixer + "in_proj_z", delta.Values, hidden);
            Linear(mixer + "in_proj_b", delta.ValueHeads, hidden);
            Linear(mixer + "in_proj_a", delta.ValueHeads, hidden);
        }

        Parameter(mixer + "conv1d.weight", delta.Channels, 1, delta.Kernel);
        Parameter(mixer + "A_log", delta.ValueHeads);
        Parameter(mixer + "dt_bias", delta.ValueHeads);
        Norm(mixer + "norm", delta.ValueWidth);
        Linear(mixer + "out_proj", hidden, delta.Values);
    }

    private void AddFeedForward(LayerShape shape, string block)
    {
        if (!shape.HasExperts || _config.Experts!.BesideDense)
        {
            AddMlp(_config.Mlp, block, shape.IntermediateSize, _config.MlpBias);
        }

        if (!shape.HasExperts)
        {
            return;
        }

        ExpertConfig experts = _config.Experts!;
        if (experts.BesideDense)
        {
            Norm(block, "post_feedforward_layernorm_1");
            Norm(block, "post_feedforward_layernorm_2");
            Norm(block, "pre_feedforward_layernorm_2");
        }

        AddRouter(experts, block);
        AddExperts(experts, block + experts.Path);
        if (experts.SharedWidth > 0)
        {
            AddMlp(MlpPaths.Below(experts.SharedPath), block, experts.SharedWidth, bias: false);
            LinearIf(experts.GatesShared, $"{block}{experts.SharedPath}_gate", 1, _config.HiddenSize);
        }
    }

    private void AddMlp(MlpPaths paths, string block, int width, bool bias)
    {
        int parts = 2 / paths.GateUp.Count;
        foreach (string path in paths.GateUp)
        {
            Linear(block + path, parts * width, _config.HiddenSize, bias);
        }

        Linear(block + paths.Down, _config.HiddenSize, width, bias);
    }

    private void AddRouter(ExpertConfig experts, string block)
    {
        switch (experts.Router)
        {
            case RouterKind.ScaledSoftmax:
                Parameter(block + "router.scale", _config.HiddenSize);
                Linear(block + "router.proj", experts.Count, _config.HiddenSize);
                Parameter(block + "router.per_expert_scale", experts.Count);
                break;
            case RouterKind.ChosenSoftmax:
                Parameter(block + "mlp.router.weight", experts.Count, _config.HiddenSize);
                Parameter(block + "mlp.router.bias", experts.Count);
                break;
            default:
                Parameter(block + "mlp.gate.weight", experts.Count, _config.HiddenSize);
                if (experts.Router == RouterKind.Sigmoid)
                {
                    Parameter(block + "mlp.gate.e_score_correction_bias", experts.Count);
                }

                break;
        }
    }

    private void AddExperts(ExpertConfig experts, string path)
    {
        bool turned = experts.Clamped is not null;
        AddStack("gate_up_proj", 2 * experts.Width, _config.HiddenSize, ["gate_proj", "up_proj"]);
        AddStack("down_proj", _config.HiddenSize, experts.Width, ["down_proj"]);

        void AddStack(string name, int rows, int columns, string[] parts)
        {
            IEnumerable<string> single = Enumerable
                .Range(0, experts.Count)
                .SelectMany(expert => parts.Select(part => $"{path}.{expert}.{part}.weight"));
            Put(
                new ModuleSpec(_modules.Count, $"{path}.{name}", ModuleKind.Experts, rows, columns, HasBias: false)
                {
                    Experts = experts.Count,
                    IsTurned = turned,
                    Parts = experts.AlwaysStacked ? [] : [.. single],
                }
            );
            if (turned)
            {
                Parameter($"{path}.{name}_bias", experts.Count, rows);
            }
        }
    }

    private void Norm(string block, string? name)
    {
        if (name is not null)
        {
            Norm(block + name, _config.HiddenSize);
        }
    }

    private void Norm(string path, int width) => Add(path, ModuleKind.Norm, width);

    private void Linear(string path, int rows, int columns, bool bias = false) =>
        Add(path, ModuleKind.Linear, rows, columns, bias);

    private void LinearIf(bool exists, string path, int rows, int columns, bool bias = false)
    {
        if (exists)
        {
            Linear(path, rows, columns, bias);
        }
    }

    private void Parameter(string path, params long[] size) =>
        Put(new ModuleSpec(_modules.Count, path, ModuleKind.Parameter, 0, 0, HasBias: false) { Size = size });

    private ModuleSpec Add(string path, ModuleKind kind, int rows, int columns = 0, bool bias = false) =>
        Put(new ModuleSpec(_modules.Count, path, kind, rows, columns, bias));

    private ModuleSpec Put(ModuleSpec module)
    {
        _modules.Add(module);
        _byPath.Add(module.Path, module);
        return module;
    }
}
