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

    /// <summary>RMS norm on every query and key head before the rotation (Qwen3, Gemma 3).</summary>
    public bool QueryKeyNorm { get; init; }

    /// <summary>q, k, v in one projection, gate and up in another (Phi-3).</summary>
    public bool FusedProjections { get; init; }

    /// <summary>Norms multiply by 1 + w, in single precision (Gemma).</summary>
    public bool NormAddsOne { get; init; }

    /// <summary>Norms before and after both halves of a block (Gemma 2 and 3).</summary>
    public bool SandwichNorms { get; init; }

    /// <summary>Factor on the embedding's output; 1 where there is none.</summary>
    public double EmbeddingScale { get; init; } = 1;

    /// <summary>Scores become cap · tanh(score / cap) before the mask; null where they do not.</summary>
    public double? AttentionSoftcap { get; init; }

    /// <summary>Logits become cap · tanh(logit / cap); null where they do not.</summary>
    public double? LogitSoftcap { get; init; }

    /// <summary>Width of all query heads together.</summary>
    public int QueryWidth => Heads * HeadDimension;

    /// <summary>Width of all key heads together, and of all value heads.</summary>
    public int KeyValueWidth => KeyValueHeads * HeadDimension;

    /// <summary>Whether a sequence that grows to this length turns all its tokens by other frequencies than before.</summary>
    public bool RotationChangesAt(int length) => Ropes.Any(rope => rope?.ChangesAt(length) ?? false);
}
