using System.Text.Json.Nodes;
using MultiTurnTrainer.Models.Architectures;

namespace MultiTurnTrainer.Models.Tests;

/// <summary>Small random models of any family.</summary>
internal static class TestModels
{
    /// <summary>Writes a model of a family, with fields of config.json added or replaced.</summary>
    public static void Write(string folder, string family, string changes = "{}", ulong seed = 1)
    {
        JsonObject config = Config(family);
        foreach ((string name, JsonNode? value) in JsonNode.Parse(changes)!.AsObject())
        {
            config[name] = value?.DeepClone();
        }

        ModelFactory.Write(config, folder, seed, force: true);
    }

    public static JsonObject Config(string family)
    {
        JsonObject config = Shared(family);
        foreach ((string name, JsonNode? value) in JsonNode.Parse(Own(family))!.AsObject())
        {
            config[name] = value?.DeepClone();
        }

        return config;
    }

    // What a family's files must say beside what all say, and sizes as small as the others.
    private static string Own(string family) =>
        family switch
        {
            "granitemoehybrid" => """
                {"layer_types": ["attention", "attention"], "num_local_experts": 0, "shared_intermediate_size": 48}
                """,
            "qwen2_moe" or "qwen3_next" or "qwen3_5_moe_text" => """
                {"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 24, "shared_expert_intermediate_size": 16}
                """,
            "qwen3_moe" => """{"num_experts": 4, "num_experts_per_tok": 2, "moe_intermediate_size": 24}""",
            "gpt_oss" => """{"num_local_experts": 4, "num_experts_per_tok": 2}""",
            "gemma4_text" => """
                {"global_head_dim": 32, "hidden_size_per_layer_input": 8, "vocab_size_per_layer_input": 64, "num_kv_shared_layers": 0}
                """,
            "deepseek_v3" => """
                {"n_routed_experts": 4, "num_experts_per_tok": 2, "n_group": 2, "topk_group": 1, "moe_intermediate_size": 24,
                 "first_k_dense_replace": 1, "q_lora_rank": null, "kv_lora_rank": 8, "qk_nope_head_dim": 8, "qk_rope_head_dim": 8, "v_head_dim": 12}
                """,
            _ => "{}",
        };

    private static JsonObject Shared(string family) =>
        new()
        {
            ["model_type"] = family,
            ["hidden_size"] = 32,
            ["intermediate_size"] = 48,
            ["num_hidden_layers"] = 2,
            ["num_attention_heads"] = 4,
            ["num_key_value_heads"] = 2,
            ["head_dim"] = 16,
            ["vocab_size"] = 64,
            ["max_position_embeddings"] = 128,
            ["rms_norm_eps"] = 1e-5,
            ["sliding_window"] = family is "gpt_oss" or "gemma4_text" ? 8 : null,
            ["initializer_range"] = 0.3,
            ["eos_token_id"] = 2,
        };
}
