using System.Text.Json.Nodes;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Families;

/// <summary>Families in unusual files: quantised experts, older adapters, parts that are no text, names that are not theirs.</summary>
public class OddFamilyTests
{
    [Fact]
    public void Forward_OfQuantisedExperts_GivesTheReferenceLogits()
    {
        string source = SharedData.Path("peers", "quant", "gpt-oss-mxfp4");
        using CausalLM model = CausalLM.Load(source, ScalarType.Float32, CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, Path.Combine(source, "adapter"));
        using SafetensorsFile expected = SafetensorsFile.Open(Path.Combine(source, "expected", "logits.safetensors"));
        int[][] sequences =
        [
            .. Golden
                .Json(Path.Combine(source, "batch.json"))
                .GetProperty("sequences")
                .EnumerateArray()
                .Select(row => row.GetProperty("input_ids").Ints()),
        ];
        int compared = 0;
        foreach (string key in expected.Entries.Keys.Where(key => !key.Contains("bfloat16", StringComparison.Ordinal)))
        {
            LoraAdapter? over = key.Contains("adapter", StringComparison.Ordinal) ? adapter : null;
            float[] found = FamilyCase.Logits(model, over, sequences[key[^1] - '0']);
            Assert.InRange(Golden.LargestDifference(found, expected.Floats(key)), 0, 1e-4);
            compared++;
        }

        Assert.True(compared > 1);
    }

    [Fact]
    public void Load_OfExpertPairsInTheOlderOrder_GivesTheSameLogits()
    {
        FamilyCase family = new("qwen3_moe");
        using TempFolder folder = new();
        using CausalLM model = CausalLM.Load(family.Folder, ScalarType.Float32, CPU);
        using LoraAdapter today = LoraAdapter.Load(model, family.ExpertAdapter);
        folder.Write(
            "adapter_config.json",
            File.ReadAllText(Path.Combine(family.ExpertAdapter, "adapter_config.json"))
        );
        WriteOlder(
            Path.Combine(family.ExpertAdapter, "adapter_model.safetensors"),
            folder["adapter_model.safetensors"],
            6
        );

        using LoraAdapter older = LoraAdapter.Load(model, folder.Path);

        Assert.Equal(Tensors.ToArray(today.Parameters.Flat), Tensors.ToArray(older.Parameters.Flat));
    }

    [Theory]
    [InlineData("0.18.1.dev0", true)]
    [InlineData("0.21.2", false)]
    [InlineData(null, null)]
    public void Load_OfSquareExperts_GoesByTheVersion(string? version, bool? turned)
    {
        using TempFolder folder = new();
        TestModels.Write(folder["model"], "qwen3_moe", """{"moe_intermediate_size": 16}""");
        using CausalLM model = CausalLM.Load(folder["model"], ScalarType.Float32, CPU);
        LoraConfig config = new()
        {
            Rank = 2,
            TargetModules = [],
            TargetParameters = ["experts.gate_up_proj"],
        };
        using LoraAdapter written = LoraAdapter.Create(model, config, seed: 3);
        written.Save(model, folder["adapter"], force: false);
        string path = Path.Combine(folder["adapter"], "adapter_config.json");
        JsonNode json = JsonNode.Parse(File.ReadAllBytes(path))!;
        json["peft_version"] = version;
        File.WriteAllText(path, json.ToJsonString());

        if (turned is null)
        {
            MttException problem = Assert.Throws<MttException>(() => LoraAdapter.Load(model, folder["adapter"]));
            Assert.Contains("peft_version", problem.Message, StringComparison.Ordinal);
            return;
        }

        using LoraAdapter read = LoraAdapter.Load(model, folder["adapter"]);
        bool same = Tensors.ToArray(written.Parameters.Flat).SequenceEqual(Tensors.ToArray(read.Parameters.Flat));
        Assert.Equal(!turned, same);
    }

    [Theory]
    [InlineData("qwen3_5_wrapper", "model.visual.")]
    [InlineData("mistral3_wrapper", "vision_tower.", "multi_modal_projector.")]
    [InlineData("gemma4_wrapper", "model.vision_tower.", "model.embed_vision.")]
    [InlineData("llama")]
    public void Load_OfAMultimodalModel_CountsWhatIsNoText(string name, params string[] prefixes)
    {
        FamilyCase family = new(name);
        using WeightFolder files = WeightFolder.Open(family.Folder);
        int expected = files.Names.Count(tensor =>
            prefixes.Any(prefix => tensor.StartsWith(prefix, StringComparison.Ordinal))
        );
        using CausalLM model = CausalLM.Load(family.Folder, ScalarType.Float32, CPU);
        Assert.Equal(expected, model.SkippedTensors);
        Assert.Equal(prefixes.Length > 0, expected > 0);
    }

    [Theory]
    [InlineData("qwen3_moe", "qwen3")]
    [InlineData("qwen3_5", "qwen3")]
    [InlineData("gemma4", "gemma3_text")]
    [InlineData("gemma3_text", "gemma4_text")]
    [InlineData("olmo2", "llama")]
    [InlineData("granite", "llama")]
    [InlineData("glm4", "phi3")]
    [InlineData("ministral3", "mistral")]
    [InlineData("gpt_oss", "qwen3_moe")]
    [InlineData("deepseek_v3", "llama")]
    [InlineData("qwen2_moe", "qwen3_moe")]
    [InlineData("llama", "mistral3")]
    public void Load_UnderAnotherFamilysName_IsRefused(string name, string other) =>
        RequireRefused(name, $$"""{"model_type": "{{other}}"}""", null);

    [Theory]
    [InlineData("qwen3_moe", """{"num_experts": 2147483647}""", "num_experts")]
    [InlineData("qwen3_moe", """{"num_experts_per_tok": 7}""", "num_experts_per_tok")]
    [InlineData("qwen3_moe", """{"num_experts": 5}""", "experts.5.")]
    [InlineData("qwen3_moe", """{"moe_intermediate_size": 8}""", "experts.0.gate_proj")]
    [InlineData("qwen3_5", """{"linear_num_value_heads": 3}""", "linear_num_value_heads")]
    [InlineData("qwen3_5", """{"linear_conv_kernel_dim": 1000000000}""", "linear_conv_kernel_dim")]
    [InlineData("qwen3_5", """{"attn_output_gate": false}""", "attn_output_gate")]
    [InlineData("qwen3_5", """{"layer_types": ["linear_attention"]}""", "layer_types")]
    [InlineData("gemma4_e", """{"num_kv_shared_layers": 4}""", "num_kv_shared_layers")]
    [InlineData("gemma4_e", """{"vocab_size_per_layer_input": 5}""", "vocab_size_per_layer_input")]
    [InlineData("gemma4", """{"use_bidirectional_attention": "all"}""", "use_bidirectional_attention")]
    [InlineData("granitemoehybrid", """{"layer_types": ["mamba", "attention"]}""", "layer_types")]
    [InlineData("granitemoehybrid", """{"num_local_experts": 4}""", "num_local_experts")]
    [InlineData("deepseek_v3", """{"n_group": 3}""", "n_group")]
    [InlineData("deepseek_v3", """{"topk_group": 9}""", "topk_group")]
    [InlineData("deepseek_v3", """{"scoring_func": "softmax"}""", "scoring_func")]
    [InlineData(
        "ministral3",
        """{"rope_parameters": {"llama_4_scaling_beta": 0.1}}""",
        "original_max_position_embeddings"
    )]
    [InlineData("olmo2", """{"clip_qkv": 8.0}""", "clip_qkv")]
    public void Load_OfSizesThatDoNotFit_IsRefusedByName(string name, string changes, string named) =>
        RequireRefused(name, changes, named);

    private static void RequireRefused(string name, string changes, string? named)
    {
        FamilyCase family = new(name);
        using TempFolder folder = new();
        JsonObject config = JsonNode.Parse(File.ReadAllBytes(Path.Combine(family.Folder, "config.json")))!.AsObject();
        foreach ((string field, JsonNode? value) in JsonNode.Parse(changes)!.AsObject())
        {
            config[field] = value?.DeepClone();
        }

        folder.Write("config.json", config.ToJsonString());
        File.CreateSymbolicLink(folder["model.safetensors"], Path.Combine(family.Folder, "model.safetensors"));
        MttException problem = Assert.Throws<MttException>(() => CausalLM.Load(folder.Path, ScalarType.Float32, CPU));
        Assert.Contains(named ?? "", problem.Message, StringComparison.Ordinal);
    }

    // As PEFT 0.18 laid them: A [x r, o] and B [i, r x].
    private static void WriteOlder(string source, string target, int experts)
    {
        using SafetensorsFile file = SafetensorsFile.Open(source);
        using DisposeScope scope = NewDisposeScope();
        List<SafetensorsPiece> pieces = [];
        foreach (string a in file.Entries.Keys.Where(key => key.EndsWith("lora_A.weight", StringComparison.Ordinal)))
        {
            string b = a.Replace("lora_A", "lora_B", StringComparison.Ordinal);
            Tensor down = Tensors.Load(file, file[a], ScalarType.Float32, CPU); // [x r, i]
            Tensor up = Tensors.Load(file, file[b], ScalarType.Float32, CPU); // [o, r x]
            (long inputs, long outputs) = (down.size(1), up.size(0));
            Tensor first = up.view(outputs, -1, experts).permute(2, 1, 0).reshape(-1, outputs); // [x r, o]
            Tensor second = down.view(experts, -1, inputs).permute(2, 1, 0).reshape(inputs, -1); // [i, r x]
            pieces.Add(Tensors.Piece(a, first.contiguous(), SafetensorsType.F32));
            pieces.Add(Tensors.Piece(b, second.contiguous(), SafetensorsType.F32));
        }

        SafetensorsWriter.Write(target, pieces, SafetensorsWriter.PyTorchMetadata, force: false);
    }
}
