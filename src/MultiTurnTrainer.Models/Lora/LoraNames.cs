using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Lora;

/// <summary>PEFT's names for the tensors of an adapter, the adapter's own name stripped.</summary>
internal static class LoraNames
{
    public const string Prefix = "base_model.model.";

    /// <param name="module">The target.</param>
    /// <param name="isInner">Whether its parameter is wrapped before another one of the same module (<see cref="AdapterParts.IsInner"/>).</param>
    public static string A(ModuleSpec module, bool isInner = false) =>
        Owner(module, isInner) + (IsEmbedding(module) ? ".lora_embedding_A" : ".lora_A.weight");

    /// <inheritdoc cref="A"/>
    public static string B(ModuleSpec module, bool isInner = false) =>
        Owner(module, isInner) + (IsEmbedding(module) ? ".lora_embedding_B" : ".lora_B.weight");

    /// <summary>What is added to B·(A·x).</summary>
    public static string Bias(ModuleSpec module) => $"{Prefix}{module.Path}.lora_B.bias";

    public static string Magnitude(ModuleSpec module) => $"{Prefix}{module.Path}.lora_magnitude_vector";

    public static string TokenRows(ModuleSpec module) => $"{Prefix}{module.Path}.token_adapter.trainable_tokens_delta";

    /// <summary>The frozen copy of an adapted embedding or head.</summary>
    public static string BaseLayer(ModuleSpec module) => $"{Prefix}{module.Path}.base_layer.weight";

    public static string WholeWeight(ModuleSpec module) => Prefix + module.WeightName;

    public static string WholeBias(ModuleSpec module) => Prefix + module.BiasName;

    /// <summary>
    /// Under which names PEFT saves the base's own table, an embedding or head: alone after a resize, below a low-rank pair, below
    /// trained rows, beside a copy that is trained whole.
    /// </summary>
    /// <param name="path">The module's path.</param>
    public static IEnumerable<string> Tables(string path) =>
        [
            $"{Prefix}{path}.weight",
            $"{Prefix}{path}.base_layer.weight",
            $"{Prefix}{path}.token_adapter.base_layer.weight",
            $"{Prefix}{path}.original_module.weight",
        ];

    // PEFT names a parameter's pair by the module that holds the parameter: one wrapper around the other where it has two.
    private static string Owner(ModuleSpec module, bool isInner) =>
        module.Kind != ModuleKind.Experts ? Prefix + module.Path
        : isInner ? $"{Prefix}{Holder(module)}.base_layer"
        : Prefix + Holder(module);

    /// <summary>The module that holds a stacked weight.</summary>
    public static string Holder(ModuleSpec module) => module.Path[..module.Path.LastIndexOf('.')];

    private static bool IsEmbedding(ModuleSpec module) => module.Kind == ModuleKind.Embedding;
}
