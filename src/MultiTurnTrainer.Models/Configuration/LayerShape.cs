namespace MultiTurnTrainer.Models.Configuration;

/// <summary>What mixes the tokens of a layer.</summary>
public enum Mixer
{
    /// <summary>Softmax attention over the tokens before.</summary>
    Attention,

    /// <summary>A gated DeltaNet: a state that every token changes.</summary>
    DeltaNet,
}

/// <summary>A layer's own sizes, in models whose layers differ.</summary>
/// <param name="HeadDimension">Width of a head.</param>
/// <param name="KeyValueHeads">Number of key and value heads.</param>
/// <param name="IntermediateSize">Width of the dense feed-forward network's middle.</param>
public sealed record LayerShape(int HeadDimension, int KeyValueHeads, int IntermediateSize)
{
    /// <summary>What mixes its tokens.</summary>
    public Mixer Mixer { get; init; }

    /// <summary>The layer whose keys and values it uses instead of its own; null where it makes its own.</summary>
    public int? KeysOf { get; init; }

    /// <summary>Whether values are the keys as they were projected, without a projection of their own.</summary>
    public bool ValuesAreKeys { get; init; }

    /// <summary>Whether its feed-forward network has experts.</summary>
    public bool HasExperts { get; init; }
}

/// <summary>Where queries and keys are normalised.</summary>
public enum QueryKeyNorm
{
    /// <summary>Nowhere.</summary>
    None,

    /// <summary>Every head by itself (Qwen3, Gemma 3).</summary>
    Head,

    /// <summary>All heads of a token as one row (OLMo 2).</summary>
    Row,
}

/// <summary>The norms of a block by their names below the layer; null where there is none.</summary>
/// <param name="BeforeMixer">On what the mixer reads.</param>
/// <param name="AfterMixer">On what the mixer adds.</param>
/// <param name="BeforeMlp">On what the feed-forward network reads.</param>
/// <param name="AfterMlp">On what the feed-forward network adds.</param>
public sealed record BlockNorms(string? BeforeMixer, string? AfterMixer, string? BeforeMlp, string? AfterMlp)
{
    /// <summary>Before both halves: most families.</summary>
    public static BlockNorms Before { get; } = new("input_layernorm", null, "post_attention_layernorm", null);

    /// <summary>After both halves: OLMo 2 and 3.</summary>
    public static BlockNorms After { get; } = new(null, "post_attention_layernorm", null, "post_feedforward_layernorm");

    /// <summary>Before and after both halves: Gemma.</summary>
    public static BlockNorms Around { get; } =
        new("input_layernorm", "post_attention_layernorm", "pre_feedforward_layernorm", "post_feedforward_layernorm");
}

/// <summary>The modules of a dense feed-forward network below the layer.</summary>
/// <param name="GateUp">Gate and up, or the one that fuses them.</param>
/// <param name="Down">Down.</param>
public sealed record MlpPaths(IReadOnlyList<string> GateUp, string Down)
{
    /// <summary>Gate and up apart: most families.</summary>
    public static MlpPaths Apart { get; } = Below("mlp");

    /// <summary>Gate and up in one projection.</summary>
    public static MlpPaths Fused { get; } = new(["mlp.gate_up_proj"], "mlp.down_proj");

    /// <summary>Gate, up and down below a module.</summary>
    public static MlpPaths Below(string path) => new([$"{path}.gate_proj", $"{path}.up_proj"], $"{path}.down_proj");
}

/// <summary>Tokens that stand for what is no text.</summary>
/// <param name="Ids">Their ids.</param>
/// <param name="Stand">The id that is looked up in their place.</param>
public sealed record PlaceholderTokens(IReadOnlyList<int> Ids, int Stand);

/// <summary>Gemma 4's input for each layer and token.</summary>
/// <param name="Width">Its width.</param>
/// <param name="VocabularySize">Rows of its table.</param>
public sealed record PerLayerInputConfig(int Width, int VocabularySize);

/// <summary>A gated DeltaNet (arXiv 2412.06464).</summary>
/// <param name="KeyHeads">Heads of queries and keys.</param>
/// <param name="ValueHeads">Heads of values, gates and states; a multiple of <paramref name="KeyHeads"/>.</param>
/// <param name="KeyWidth">Width of a query and key head.</param>
/// <param name="ValueWidth">Width of a value head.</param>
/// <param name="Kernel">Tokens that the convolution sees, the own included.</param>
/// <param name="FusedByKeyHead">Whether q, k, v, z come in one projection and b, a in another, both ordered by key head (Qwen3-Next).</param>
public sealed record DeltaNetConfig(
    int KeyHeads,
    int ValueHeads,
    int KeyWidth,
    int ValueWidth,
    int Kernel,
    bool FusedByKeyHead
)
{
    /// <summary>Width of all key heads.</summary>
    public int Keys => KeyHeads * KeyWidth;

    /// <summary>Width of all value heads.</summary>
    public int Values => ValueHeads * ValueWidth;

    /// <summary>Channels of the convolution: queries, keys, values.</summary>
    public int Channels => (2 * Keys) + Values;
}

/// <summary>Multi-head latent attention (arXiv 2405.04434), computed in the expanded form.</summary>
/// <param name="QueryRank">Width of the queries' latent state; null where they are projected at once.</param>
/// <param name="KeyValueRank">Width of the keys' and values' latent state.</param>
/// <param name="PlainWidth">Entries of a query and key head that do not rotate.</param>
/// <param name="RotatingWidth">Entries that rotate; of a key all heads share them.</param>
/// <param name="ValueWidth">Width of a value head.</param>
public sealed record LatentAttentionConfig(
    int? QueryRank,
    int KeyValueRank,
    int PlainWidth,
    int RotatingWidth,
    int ValueWidth
)
{
    /// <summary>Width of a query and key head.</summary>
    public int KeyWidth => PlainWidth + RotatingWidth;
}
