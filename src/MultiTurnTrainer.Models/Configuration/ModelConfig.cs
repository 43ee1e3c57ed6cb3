// Folder Configuration: what a model is, read and resolved from config.json.
// Refuses to know: tensors, weights, devices.
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Configuration;

/// <summary>The function between the two halves of a feed-forward network.</summary>
public enum Activation
{
    /// <summary>x · sigmoid(x).</summary>
    Silu,

    /// <summary>x · Φ(x) with the error function.</summary>
    Gelu,

    /// <summary>x · Φ(x) by the tanh approximation.</summary>
    GeluTanh,
}

/// <summary>
/// A decoder-only transformer, fully resolved: what every family does differently is a value here, so that the
/// forward pass asks for properties and never for a family's name.
/// </summary>
public sealed record ModelConfig
{
    /// <summary>The family's name in config.json, such as <c>llama</c>.</summary>
    public required string ModelType { get; init; }

    /// <summary>Width of the residual stream.</summary>
    public required int HiddenSize { get; init; }

    /// <summary>Width of the feed-forward network's middle.</summary>
    public required int IntermediateSize { get; init; }

    /// <summary>Number of blocks.</summary>
    public required int Layers { get; init; }

    /// <summary>Number of query heads.</summary>
    public required int Heads { get; init; }

    /// <summary>Number of key and value heads; divides <see cref="Heads"/>.</summary>
    public required int KeyValueHeads { get; init; }

    /// <summary>Width of a head.</summary>
    public required int HeadDimension { get; init; }

    /// <summary>Rows of embedding and head; may exceed the tokenizer's vocabulary.</summary>
    public required int VocabularySize { get; init; }

    /// <summary>The longest sequence the model was made for, in tokens.</summary>
    public required int MaxPositions { get; init; }

    /// <summary>Added to the mean square in every norm.</summary>
    public required double NormEpsilon { get; init; }

    /// <summary>The feed-forward network's function.</summary>
    public required Activation Activation { get; init; }

    /// <summary>For each layer its position embedding, null where it has none. Layers that turn alike share one object.</summary>
    public required IReadOnlyList<RopeConfig?> Ropes { get; init; }

    /// <summary>Whether the head uses the embedding's weight.</summary>
    public required bool TiedHead { get; init; }

    /// <summary>Factor on the scores before the softmax.</summary>
    public required double AttentionScale { get; init; }

    /// <summary>For each layer, how many keys a query sees, itself included; null where it sees all before it.</summary>
    public required IReadOnlyList<int?> Windows { get; init; }

    /// <summary>The type the folder's weights are stored in, as config.json says; F32 where it says nothing.</summary>
    public required SafetensorsType StoredType { get; init; }

    /// <summary>How weights are quantised, in the folder or while they were loaded; null where they are not.</summary>
    public StoredQuantisation? Quantisation { get; init; }

    /// <summary>Bias on q, k and v.</summary>
    public bool QkvBias { get; init; }

    /// <summary>Bias on the attention's output projection.</summary>
    public bool OutputBias { get; init; }

    /// <summary>Bias on gate, up and down.</summary>
    public bool MlpBias { get; init; }

    /// <summary>Which norm queries and keys pass before the rotation.</summary>
    public QueryKeyNorm QueryKeyNorm { get; init; }

    /// <summary>Values of every head are normalised too, without a weight (Gemma 4).</summary>
    public bool NormsValues { get; init; }

    /// <summary>The query projection gives a gate beside every query head; what a head attends to passes its sigmoid (Qwen3.5).</summary>
    public bool GatesAttention { get; init; }

    /// <summary>A learnt score for each head that stands in the softmax and gives nothing (gpt-oss).</summary>
    public bool HasSinks { get; init; }

    /// <summary>q, k, v in one projection (Phi-3).</summary>
    public bool FusedQkv { get; init; }

    /// <summary>The dense feed-forward network's modules, below the layer.</summary>
    public MlpPaths Mlp { get; init; } = MlpPaths.Apart;

    /// <summary>The norms of a block, below the layer.</summary>
    public BlockNorms Norms { get; init; } = BlockNorms.Before;

    /// <summary>Norms multiply by 1 + w, in single precision (Gemma).</summary>
    public bool NormAddsOne { get; init; }

    /// <summary>Factor on the embedding's output; 1 where there is none.</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>Scores become cap · tanh(score / cap) before the mask; null where they do not.</summary>
    public double? AttentionSoftcap { get; init; }

    /// <summary>Logits become cap · tanh(logit / cap); null where they do not.</summary>
    public double? LogitSoftcap { get; init; }

    /// <summary>Factor on what attention and feed-forward network add to the residual stream (Granite).</summary>
    public double ResidualScale { get; init; } = 1;

    /// <summary>What logits are divided by (Granite).</summary>
    public double LogitDivisor { get; init; } = 1;

    /// <summary>Every block's result is multiplied by a number of its own (Gemma 4).</summary>
    public bool ScalesLayers { get; init; }

    /// <summary>The input that each layer gets for each token beside the residual stream; null without (Gemma 4's E models).</summary>
    public PerLayerInputConfig? PerLayerInput { get; init; }

    /// <summary>The experts of the layers that have some; null without.</summary>
    public ExpertConfig? Experts { get; init; }

    /// <summary>The gated DeltaNet of the layers that have one; null without.</summary>
    public DeltaNetConfig? DeltaNet { get; init; }

    /// <summary>Queries, keys and values through narrow latent states; null without (DeepSeek).</summary>
    public LatentAttentionConfig? Latent { get; init; }

    /// <summary>The path of the decoder: <c>model</c>, or <c>model.language_model</c> as part of a multimodal model.</summary>
    public string Root { get; init; } = "model";

    /// <summary>Tokens that stand for images and sounds and are looked up as another one; null without (Gemma 4 as part of a multimodal model).</summary>
    public PlaceholderTokens? Placeholders { get; init; }

    /// <summary>How names of tensors begin that belong to parts text does not pass: vision, audio, prediction of further tokens.</summary>
    public IReadOnlyList<string> SkippedPrefixes { get; init; } = [];

    /// <summary>What each layer has of its own; layers without an entry are as the whole model says.</summary>
    public IReadOnlyList<LayerShape> Shapes { get; init; } = [];

    /// <summary>Width of all query heads together.</summary>
    public int QueryWidth => Heads * HeadDimension;

    /// <summary>Width of all key heads together, and of all value heads.</summary>
    public int KeyValueWidth => KeyValueHeads * HeadDimension;

    /// <summary>A layer's own sizes.</summary>
    public LayerShape Shape(int layer) =>
        Shapes.Count > 0 ? Shapes[layer] : new LayerShape(HeadDimension, KeyValueHeads, IntermediateSize);

    /// <summary>The first layer whose keys and values later layers use too; the number of layers where none does so.</summary>
    public int FirstSharedLayer => Shapes.Select(shape => shape.KeysOf ?? Layers).DefaultIfEmpty(Layers).Min();

    /// <summary>Whether what was read of a sequence is a state that cannot be cut back to fewer tokens.</summary>
    public bool IsRecurrent => DeltaNet is not null;

    /// <summary>Whether a sequence that grows to this length turns all its tokens by other frequencies than before.</summary>
    public bool RotationChangesAt(int length) => Ropes.Any(rope => rope?.ChangesAt(length) ?? false);
}
