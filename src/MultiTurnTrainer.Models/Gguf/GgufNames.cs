using MultiTurnTrainer.Models.Configuration;

namespace MultiTurnTrainer.Models.Gguf;

/// <summary>llama.cpp's names of modules, its architectures, and how it orders the rows of queries and keys.</summary>
internal static class GgufNames
{
    private static readonly (string Own, string Gguf)[] _modules =
    [
        ("input_layernorm", "attn_norm"),
        ("self_attn.q_proj", "attn_q"),
        ("self_attn.k_proj", "attn_k"),
        ("self_attn.v_proj", "attn_v"),
        ("self_attn.o_proj", "attn_output"),
        ("self_attn.q_norm", "attn_q_norm"),
        ("self_attn.k_norm", "attn_k_norm"),
        ("post_attention_layernorm", "ffn_norm"),
        ("mlp.gate_proj", "ffn_gate"),
        ("mlp.up_proj", "ffn_up"),
        ("mlp.down_proj", "ffn_down"),
    ];

    /// <summary>The families that have a form in GGUF here, by llama.cpp's name; mistral is llama there.</summary>
    public static IReadOnlyDictionary<string, string> Families { get; } =
        new Dictionary<string, string>
        {
            ["llama"] = "llama",
            ["qwen2"] = "qwen2",
            ["qwen3"] = "qwen3",
        };

    /// <summary>llama.cpp's name of a family, or null where there is none here.</summary>
    public static string? Architecture(string family) =>
        family == "mistral" ? "llama" : Families.FirstOrDefault(pair => pair.Value == family).Key;

    /// <summary>llama.cpp's name of a module, such as <c>blk.0.attn_q</c> for <c>model.layers.0.self_attn.q_proj</c>.</summary>
    public static string Of(ModuleSpec module)
    {
        switch (module.Path)
        {
            case ModuleLayout.EmbeddingPath:
                return "token_embd";
            case ModuleLayout.HeadPath:
                return "output";
            case "model.norm":
                return "output_norm";
        }

        string[] parts = module.Path.Split('.', 4); // model.layers.N.rest
        return $"blk.{parts[2]}.{Array.Find(_modules, pair => pair.Own == parts[3]).Gguf}";
    }

    /// <summary>Whether llama.cpp reorders a module's rows: its llama turns neighbours where HuggingFace's turns halves.</summary>
    public static bool Turns(ModelConfig config, ModuleSpec module) =>
        Architecture(config.ModelType) == "llama"
        && (
            module.Path.EndsWith("q_proj", StringComparison.Ordinal)
            || module.Path.EndsWith("k_proj", StringComparison.Ordinal)
        );

    /// <summary>Where a row of HuggingFace's order stands in llama.cpp's.</summary>
    /// <param name="row">The row.</param>
    /// <param name="width">Rows of a head.</param>
    public static long Turned(long row, long width)
    {
        long within = row % width;
        long half = width / 2;
        return row - within + (within < half ? 2 * within : (2 * (within - half)) + 1);
    }
}
