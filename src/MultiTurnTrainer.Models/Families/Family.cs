// Folder Families: one file a family: what it computes where config.json is silent, and what is its own.
// Refuses to know: tensors, weights, how anything is computed.
using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Families;

/// <summary>A family of models by its <c>model_type</c>: the fields that all share are read in one place, by these defaults.</summary>
/// <param name="ModelType">Its name in config.json.</param>
internal sealed record Family(string ModelType)
{
    /// <summary>Every family, in the order that errors name them.</summary>
    public static IReadOnlyList<Family> All { get; } =
    [
        Llama.Family,
        Mistral.Family,
        Ministral3.Family,
        Qwen2.Family,
        Qwen2Moe.Family,
        Qwen3.Family,
        Qwen3Moe.Family,
        Qwen3Next.Family,
        Qwen35.Family,
        Qwen35Moe.Family,
        Gemma2.Family,
        Gemma3.Family,
        Gemma4.Family,
        Phi3.Family,
        SmolLM3.Family,
        Granite.Family,
        GraniteMoeHybrid.Family,
        Olmo2.Family,
        Olmo3.Family,
        Glm4.Family,
        GptOss.Family,
        DeepseekV3.Family,
    ];

    /// <summary>The width of a head; null for the hidden width shared out.</summary>
    public int? HeadDimension { get; init; }

    /// <summary>The width of a head where other fields than <c>head_dim</c> say it.</summary>
    public Func<ConfigFields, int>? HeadDimensionOf { get; init; }

    /// <summary>Whether every model of the family has a dense network, so that its width must be there.</summary>
    public bool HasDenseWidth { get; init; } = true;

    /// <summary>The longest sequence.</summary>
    public int Positions { get; init; } = 2048;

    /// <summary>What norms add to the mean square.</summary>
    public double NormEpsilon { get; init; } = 1e-6;

    /// <summary>Whether the head is the embedding.</summary>
    public bool TiesHead { get; init; }

    /// <summary>The field that names the activation; the other of the two may only say the same.</summary>
    public string ActivationField { get; init; } = "hidden_act";

    /// <summary>The activation.</summary>
    public Activation Activation { get; init; } = Activation.Silu;

    /// <summary>Which layers have a window.</summary>
    public LayerWindows Windows { get; init; } = LayerWindows.None;

    /// <summary>How each layer rotates; null for a layer without positions.</summary>
    public Func<LayerRopes, IReadOnlyList<RopeConfig?>> Ropes { get; init; } = ropes => ropes.Alike();

    /// <summary>Adds what is the family's own to what all share.</summary>
    public Func<ModelConfig, ConfigFields, ModelConfig> Own { get; init; } = (config, _) => config;
}
