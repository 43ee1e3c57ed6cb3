using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace MultiTurnTrainer.Synthesis.Tests;

/// <summary>A model folder that runs in no time and knows nothing.</summary>
internal static class TinyModel
{
    /// <summary>Writes <c>model</c>: the tiny preset's tokenizer and template over a smaller Llama of random weights.</summary>
    public static void Write(TempFolder folder)
    {
        const int hidden = 32;
        const int vocabulary = 1024;
        string preset = Path.Combine(Repository.Root, "src/MultiTurnTrainer.Cli/Presets/tiny/model");
        foreach (string path in Directory.EnumerateFiles(preset))
        {
            folder.Write($"model/{Path.GetFileName(path)}", File.ReadAllText(path));
        }

        Dictionary<string, object> config = new()
        {
            ["model_type"] = "llama",
            ["hidden_size"] = hidden,
            ["intermediate_size"] = 64,
            ["num_hidden_layers"] = 1,
            ["num_attention_heads"] = 2,
            ["num_key_value_heads"] = 1,
            ["head_dim"] = 16,
            ["vocab_size"] = vocabulary,
            ["max_position_embeddings"] = 4096,
            ["rms_norm_eps"] = 1e-5,
            ["hidden_act"] = "silu",
            ["rope_theta"] = 10000.0,
            ["tie_word_embeddings"] = true,
            ["eos_token_id"] = 2,
        };
        folder.Write("model/config.json", JsonSerializer.Serialize(config));
        WriteWeights(
            folder["model/model.safetensors"],
            [
                ("model.embed_tokens.weight", [vocabulary, hidden]),
                ("model.layers.0.input_layernorm.weight", [hidden]),
                ("model.layers.0.post_attention_layernorm.weight", [hidden]),
                ("model.layers.0.self_attn.q_proj.weight", [32, hidden]),
                ("model.layers.0.self_attn.k_proj.weight", [16, hidden]),
                ("model.layers.0.self_attn.v_proj.weight", [16, hidden]),
                ("model.layers.0.self_attn.o_proj.weight", [hidden, 32]),
                ("model.layers.0.mlp.gate_proj.weight", [64, hidden]),
                ("model.layers.0.mlp.up_proj.weight", [64, hidden]),
                ("model.layers.0.mlp.down_proj.weight", [hidden, 64]),
                ("model.norm.weight", [hidden]),
            ]
        );
    }

    private static void WriteWeights(string path, (string Name, int[] Shape)[] tensors)
    {
        Random random = new(5);
        Dictionary<string, object> header = [];
        using MemoryStream data = new();
        foreach ((string name, int[] shape) in tensors)
        {
            long start = data.Length;
            int count = shape.Aggregate(1, (product, size) => product * size);
            for (int i = 0; i < count; i++)
            {
                data.Write(BitConverter.GetBytes((float)((random.NextDouble() - 0.5) * 0.5)));
            }

            header[name] = new
            {
                dtype = "F32",
                shape,
                data_offsets = new[] { start, data.Length },
            };
        }

        string json = JsonSerializer.Serialize(header);
        byte[] text = Encoding.UTF8.GetBytes(json.PadRight((json.Length + 7) / 8 * 8));
        byte[] length = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, text.Length);
        File.WriteAllBytes(path, [.. length, .. text, .. data.ToArray()]);
    }
}
