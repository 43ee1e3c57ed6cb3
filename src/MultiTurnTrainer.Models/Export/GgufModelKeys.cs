using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Gguf;

namespace MultiTurnTrainer.Models.Export;

/// <summary>A configuration as GGUF's metadata.</summary>
internal static class GgufModelKeys
{
    /// <summary>The keys in llama.cpp's order.</summary>
    /// <exception cref="MttException">The model has what GGUF does not say here.</exception>
    public static List<KeyValuePair<string, object>> Write(ModelConfig config, string folder, GgufFileType fileType)
    {
        string name = Architecture(config, folder);
        List<KeyValuePair<string, object>> keys = [];
        Add("general.architecture", name);
        Add("general.type", "model");
        Add("general.name", Path.GetFileName(Path.GetFullPath(folder).TrimEnd(Path.DirectorySeparatorChar)));
        Add($"{name}.block_count", (uint)config.Layers);
        Add($"{name}.context_length", (uint)config.MaxPositions);
        Add($"{name}.embedding_length", (uint)config.HiddenSize);
        Add($"{name}.feed_forward_length", (uint)config.IntermediateSize);
        Add($"{name}.attention.head_count", (uint)config.Heads);
        Add($"{name}.attention.head_count_kv", (uint)config.KeyValueHeads);
        AddRotation();
        Add($"{name}.attention.layer_norm_rms_epsilon", (float)config.NormEpsilon);
        Add($"{name}.attention.key_length", (uint)config.HeadDimension);
        Add($"{name}.attention.value_length", (uint)config.HeadDimension);
        Add("general.file_type", (uint)fileType);
        Add($"{name}.vocab_size", (uint)config.VocabularySize);
        Add("general.quantization_version", 2u);
        return keys;

        void Add(string key, object value) => keys.Add(KeyValuePair.Create(key, value));

        void AddRotation()
        {
            RopeConfig rope = Rope(config, folder);
            Add($"{name}.rope.freq_base", (float)rope.Theta);
            Add($"{name}.rope.dimension_count", (uint)rope.Dimensions);
            if (rope.Type is RopeType.Linear or RopeType.Yarn)
            {
                Add($"{name}.rope.scaling.type", rope.Type == RopeType.Linear ? "linear" : "yarn");
                Add($"{name}.rope.scaling.factor", (float)rope.Factor);
            }

            if (rope.Type == RopeType.Yarn)
            {
                Add($"{name}.rope.scaling.original_context_length", (uint)rope.OriginalLength);
            }
        }
    }

    /// <summary>What Llama 3 divides its frequencies by, which GGUF holds as a tensor; null for other rotations.</summary>
    public static float[]? Divisors(ModelConfig config) =>
        config.Ropes[0] is { Type: RopeType.Llama3 } rope
            ? Llama3Divisors.Compute(
                rope.Theta,
                rope.Dimensions,
                rope.Factor,
                rope.LowFrequencyFactor,
                rope.HighFrequencyFactor,
                rope.OriginalLength
            )
            : null;

    /// <summary>llama.cpp's name of the family.</summary>
    /// <exception cref="MttException">It has none here, or the model has what llama.cpp's of that name has not.</exception>
    public static string Architecture(ModelConfig config, string folder)
    {
        string name =
            GgufNames.Architecture(config.ModelType)
            ?? throw Refuse(folder, $"a {config.ModelType} has no form in GGUF here");
        return config.Windows.Any(window => window is not null)
                ? throw Refuse(folder, "its attention has a window, which llama.cpp would not keep")
            : config.OutputBias || config.MlpBias ? throw Refuse(folder, "it has biases that llama.cpp would not load")
            : name;
    }

    private static RopeConfig Rope(ModelConfig config, string folder) =>
        config.Ropes[0] is { Type: not (RopeType.Dynamic or RopeType.LongRope) } rope
            ? rope
            : throw Refuse(folder, "its rotation has no form in GGUF here");

    private static MttException Refuse(string folder, string what) =>
        new(
            $"{folder}: {what}",
            $"Families that mtt exports: mistral, {string.Join(", ", GgufNames.Families.Values)}. Otherwise use llama.cpp's own converter."
        );
}
