using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>PEFT's names for the tensors of an adapter, the adapter's own name stripped.</summary>
internal static class LoraNames
{
    public const string Prefix = "base_model.model.";

    public static string A(ModuleSpec module) =>
        Prefix + module.Path + (IsEmbedding(module) ? ".lora_embedding_A" : ".lora_A.weight");

    public static string B(ModuleSpec module) =>
        Prefix + module.Path + (IsEmbedding(module) ? ".lora_embedding_B" : ".lora_B.weight");

    public static string Magnitude(ModuleSpec module) => $"{Prefix}{module.Path}.lora_magnitude_vector";

    /// <summary>The frozen copy of an adapted embedding or head.</summary>
    public static string BaseLayer(ModuleSpec module) => $"{Prefix}{module.Path}.base_layer.weight";

    public static string WholeWeight(ModuleSpec module) => Prefix + module.WeightName;

    public static string WholeBias(ModuleSpec module) => Prefix + module.BiasName;

    private static bool IsEmbedding(ModuleSpec module) => module.Kind == ModuleKind.Embedding;
}
