using System.Buffers.Binary;
using System.Text;
using System.Text.Json;

namespace MultiTurnTrainer.Synthesis.Tests;

/// <summary><c>mtt review</c> end to end with a model folder: our own rendering, tokenizing and generation.</summary>
public class LocalModelTests
{
    [Fact]
    public void Review_TinyRandomModel_RunsAndRepeatsItselfAndReplays()
    {
        using TempFolder folder = new();
        WriteModel(folder);
        folder.Write(
            "seeds.jsonl",
            """{"prompt":"Hello there."}""" + "\n" + """{"prompt":"Where is my order?"}""" + "\n"
        );

        // A random model knows no tags: its words are taken as they come, and one round needs no chairman.
        folder.Write(
            "mtt.yaml",
            """
            review:
              model: model
              rounds: 1
              accept_untagged: true
              review_last_round: true
              max_repairs: 1
              candidate: { max_tokens: 12, temperature: 1.0 }
              reviewers:
                - { max_tokens: 8, temperature: 1.0 }
                - { max_tokens: 8, temperature: 0.0 }
            """
        );
        MttResult first = MttProcess.Run(folder.Path, ["review", "seeds.jsonl", "-o", "a"]);
        Assert.True(first.ExitCode == 0, first.Error);
        Assert.Equal(0, MttProcess.Run(folder.Path, ["review", "seeds.jsonl", "-o", "b"]).ExitCode);
        Assert.Equal(0, MttProcess.Run(folder.Path, ["review", "--replay", "a/trace.jsonl", "-o", "c"]).ExitCode);
        byte[] conversations = File.ReadAllBytes(folder["a/conversations.jsonl"]);
        Assert.Equal(2, File.ReadLines(folder["a/conversations.jsonl"]).Count());
        Assert.Equal(conversations, File.ReadAllBytes(folder["b/conversations.jsonl"]));
        Assert.Equal(conversations, File.ReadAllBytes(folder["c/conversations.jsonl"]));
    }

    /// <summary>The tiny preset's tokenizer and template over a smaller Llama of random weights.</summary>
    private static void WriteModel(TempFolder folder)
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
