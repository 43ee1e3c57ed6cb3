using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>
/// Gemma 4: full layers with wider heads whose pairs turn in part, norms on values, late layers that use earlier ones' keys and values, an
/// input for each layer in the E models, experts beside the dense network in the 26B.
/// </summary>
internal static class Gemma4
{
    private const double WideTheta = 1_000_000;
    private const double Partial = 0.25;
    private const int WideHead = 512;

    public static Family Family { get; } =
        new("gemma4_text")
        {
            HeadDimension = Gemma2.HeadDimension,
            Positions = 131_072,
            TiesHead = true,
            ActivationField = "hidden_activation",
            Activation = Activation.GeluTanh,
            Windows = new LayerWindows
            {
                DefaultSize = 512,
                Applies = (_, layer) => (layer + 1) % 6 != 0,
                AlwaysFull = (layer, layers) => layer == layers - 1,
            },
            Ropes = ReadRopes,
            Own = ReadOwn,
        };

    private static IReadOnlyList<RopeConfig?> ReadRopes(LayerRopes ropes)
    {
        ConfigFields? wide = ropes.Now?.Object(LayerWindows.Full);
        ConfigFields? local = ropes.Now?.Object(LayerWindows.Sliding);
        RopeConfig narrow = ropes.Read(local, LayerRopes.Theta);
        ropes.Now?.Ignore(LayerWindows.Full, LayerWindows.Sliding);
        Dictionary<int, RopeConfig> byHead = [];
        RopeConfig Wide(int head)
        {
            // A new object each time would be a table each.
            if (!byHead.TryGetValue(head, out RopeConfig? rope))
            {
                rope = wide is null
                    ? RopeConfigReader.Plain(WideTheta, head) with
                    {
                        Type = RopeType.Proportional,
                        TurningPairs = (int)(Partial * head / 2),
                    }
                    : ropes.Read(wide, WideTheta, head: head);
                byHead[head] = rope;
            }

            return rope;
        }

        return
        [
            .. ropes.Windows.Select((window, layer) => window is null ? Wide(WideHeadOf(ropes.Fields, layer)) : narrow),
        ];
    }

    private static int WideHeadOf(ConfigFields fields, int layer) =>
        ReadLayer(fields, layer, "head_dim")
        ?? fields.Positive("global_head_dim", WideHead, ModelConfigReader.MostWidth);

    // Newer files say for single layers what they have of their own.
    private static int? ReadLayer(ConfigFields fields, int layer, string name)
    {
        ConfigFields? own = fields.Object("per_layer_config")?.Object($"{layer}");
        return own is not null && own.Has(name) ? own.Positive(name, most: ModelConfigReader.MostWidth) : null;
    }

    private static ModelConfig ReadOwn(ModelConfig config, ConfigFields fields)
    {
        RequireCausal(fields);
        RequireKnownLayers(config, fields);
        bool bias = fields.Bool("attention_bias", false);
        IReadOnlyList<LayerShape> shapes = ReadShapes(config, fields);
        return config with
        {
            QkvBias = bias,
            OutputBias = bias,
            Norms = BlockNorms.Around,
            QueryKeyNorm = QueryKeyNorm.Head,
            NormsValues = true,
            ScalesLayers = true,
            EmbeddingScale = Math.Sqrt(config.HiddenSize),
            AttentionScale = 1,
            LogitSoftcap = fields.OptionalDouble("final_logit_softcapping"),
            Shapes = shapes,
            SkippedPrefixes = ReadUnused(shapes),
            PerLayerInput = ReadPerLayerInput(config, fields),
            Experts = ReadExperts(fields),
        };
    }

    // Images see each other both ways; text never does.
    private static void RequireCausal(ConfigFields fields)
    {
        const string name = "use_bidirectional_attention";
        string? kind =
            fields.IsTrue(name) ? "all"
            : fields.IsFalse(name) ? null
            : fields.Text(name);
        if (kind is not (null or "vision"))
        {
            throw fields.Unsupported(name, "null, false, vision");
        }
    }

    private static void RequireKnownLayers(ModelConfig config, ConfigFields fields)
    {
        ConfigFields? own = fields.Object("per_layer_config");
        for (int layer = 0; layer < config.Layers; layer++)
        {
            ConfigFields? one = own?.Object($"{layer}");
            one?.Ignore("head_dim", "num_key_value_heads");
            one?.RefuseUnread(config.ModelType);
        }

        own?.RefuseUnread(config.ModelType);
    }

    private static IReadOnlyList<LayerShape> ReadShapes(ModelConfig config, ConfigFields fields)
    {
        int shared = fields.Int("num_kv_shared_layers", 0);
        int first = config.Layers - shared;
        if (shared < 0 || first <= 0)
        {
            throw fields.Wrong("num_kv_shared_layers", $"a number from 0 to {config.Layers - 1}");
        }

        bool wider = fields.Bool("use_double_wide_mlp", false);
        bool valuesAreKeys = fields.Bool("attention_k_eq_v", false);
        bool experts = fields.Bool("enable_moe_block", false);
        int wideHeads = fields.Positive(
            "num_global_key_value_heads",
            config.KeyValueHeads,
            ModelConfigReader.MostHeads
        );
        return [.. Enumerable.Range(0, config.Layers).Select(Read)];

        LayerShape Read(int layer)
        {
            bool full = config.Windows[layer] is null;
            bool keysOnly = full && valuesAreKeys;
            int heads =
                ReadLayer(fields, layer, "num_key_value_heads") ?? (keysOnly ? wideHeads : config.KeyValueHeads);
            int own = full ? WideHeadOf(fields, layer) : ReadLayer(fields, layer, "head_dim") ?? config.HeadDimension;
            if (config.Heads % heads != 0)
            {
                throw fields.Wrong("num_global_key_value_heads", $"a divisor of the {config.Heads} attention heads");
            }

            return new LayerShape(own, heads, config.IntermediateSize * (wider && layer >= first ? 2 : 1))
            {
                KeysOf = layer < first ? null : FindOwner(layer),
                ValuesAreKeys = keysOnly,
                HasExperts = experts,
            };
        }

        // The last layer of the same kind that has keys of its own.
        int FindOwner(int layer)
        {
            bool full = config.Windows[layer] is null;
            int owner = Enumerable.Range(0, first).LastOrDefault(i => (config.Windows[i] is null) == full, -1);
            return owner >= 0
                ? owner
                : throw fields.Wrong("num_kv_shared_layers", "a number that leaves a layer of each kind its own keys");
        }
    }

    // Some files keep the keys' projections of layers that use others' keys.
    private static IReadOnlyList<string> ReadUnused(IReadOnlyList<LayerShape> shapes) =>
        [
            .. shapes
                .Index()
                .Where(pair => pair.Item.KeysOf is not null)
                .SelectMany(pair =>
                    new[] { "k_proj", "v_proj", "k_norm" }.SelectMany(name =>
                        new[] { "model", "model.language_model" }.Select(root =>
                            $"{root}.layers.{pair.Index}.self_attn.{name}."
                        )
                    )
                ),
        ];

    private static PerLayerInputConfig? ReadPerLayerInput(ModelConfig config, ConfigFields fields)
    {
        int width = fields.Int("hidden_size_per_layer_input", 256);
        int rows = fields.Positive("vocab_size_per_layer_input", 262_144, ModelConfigReader.MostTokens);
        return width == 0 ? null
            : width is < 0 or > ModelConfigReader.MostWidth
                ? throw fields.Wrong("hidden_size_per_layer_input", "a width")
            : rows < config.VocabularySize
                ? throw fields.Wrong(
                    "vocab_size_per_layer_input",
                    $"at least the vocabulary of {config.VocabularySize}"
                )
            : new PerLayerInputConfig(width, rows);
    }

    private static ExpertConfig? ReadExperts(ConfigFields fields)
    {
        if (!fields.Bool("enable_moe_block", false))
        {
            fields.Ignore("num_experts", "top_k_experts", "moe_intermediate_size");
            return null;
        }

        (int count, int chosen) = ExpertFields.Read(fields, "num_experts", chosenField: "top_k_experts");
        return new ExpertConfig
        {
            Count = count,
            Chosen = chosen,
            Width = fields.Positive("moe_intermediate_size", most: ModelConfigReader.MostWidth),
            Router = RouterKind.ScaledSoftmax,
            Path = "experts",
            AlwaysStacked = true,
            BesideDense = true,
        };
    }
}
