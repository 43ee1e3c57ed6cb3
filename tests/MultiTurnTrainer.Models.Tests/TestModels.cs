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

    public static JsonObject Config(string family) =>
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
            ["sliding_window"] = null,
            ["initializer_range"] = 0.3,
            ["eos_token_id"] = 2,
        };
}
