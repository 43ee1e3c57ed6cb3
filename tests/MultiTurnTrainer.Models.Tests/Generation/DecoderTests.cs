using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Lora;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Generation;

/// <summary>Both decoders compute what the model computes, for every family and kind of adapter.</summary>
public class DecoderTests
{
    private static readonly int[][] _prompts =
    [
        [5, 9, 17, 20],
        [3],
        [40, 41, 42, 43, 44, 45, 46, 47, 48, 49, 50],
    ];
    private static readonly int[][] _steps =
    [
        [7, 8, 9],
        [30, 31, 32],
        [1, 2, 3],
    ];

    private static readonly string[] _onProcessor =
    [
        "llama",
        "mistral",
        "ministral3",
        "qwen2",
        "qwen3",
        "gemma2",
        "gemma3_text",
        "phi3",
        "smollm3",
        "granite",
        "granitemoehybrid",
        "olmo2",
        "olmo3",
        "glm4",
    ];

    public static TheoryData<string, bool> Families =>
        [.. ModelConfigReader.Families.SelectMany(family => new[] { (family, false), (family, true) })];

    [Theory]
    [MemberData(nameof(Families))]
    public void Step_AfterStep_GivesTheModelsLogits(string family, bool dora)
    {
        using TempFolder folder = new();
        TestModels.Write(folder.Path, family, Changes(family));
        using CausalLM model = CausalLM.Load(folder.Path, ScalarType.Float32, CPU);
        LoraConfig config = new()
        {
            Rank = 3,
            Alpha = 7,
            TargetModules =
            [
                .. Names(model, "q_proj", "k_proj", "qkv_proj", "gate_up_proj", "kv_b_proj"),
                "embed_tokens",
            ],
            ModulesToSave = [.. Names(model, "down_proj", "input_layernorm"), "lm_head"],
            UseDora = dora,
        };
        using LoraAdapter adapter = LoraAdapter.Create(model, config, seed: 4);
        using (no_grad())
        {
            manual_seed(2);
            using Tensor noise = randn([adapter.Parameters.Flat.numel()]) * 0.2;
            adapter.Parameters.Flat.add_(noise);
        }

        using IDecoder tensors = new TensorDecoder(model, adapter, 8);
        // Families that the other decoder does not have are held against the model alone.
        using IDecoder cpu = CpuDecoder.Takes(model)
            ? new CpuDecoder(model, adapter, _prompts.Length)
            : new TensorDecoder(model, adapter, 1);
        Assert.Equal(_onProcessor.Contains(family), CpuDecoder.Takes(model));
        List<List<int>> rows = [.. _prompts.Select(prompt => prompt.ToList())];
        Check(model, adapter, rows, tensors.Read(rows), cpu.Read(rows));
        foreach (int[] ids in _steps)
        {
            for (int row = 0; row < rows.Count; row++)
            {
                rows[row].Add(ids[row]);
            }

            Check(model, adapter, rows, tensors.Step(ids), cpu.Step(ids));
        }

        rows.RemoveAt(1);
        tensors.Keep([0, 2]);
        cpu.Keep([0, 2]);
        rows.ForEach(row => row.Add(6));
        Check(model, adapter, rows, tensors.Step([6, 6]), cpu.Step([6, 6]));
    }

    [Theory]
    [InlineData("llama3-rope")]
    [InlineData("qwen3")]
    public void Step_OfABf16Model_StaysNearIt(string name)
    {
        using CausalLM model = CausalLM.Load(Golden.Folder(name), ScalarType.BFloat16, CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, Golden.Adapter(name));
        using IDecoder tensors = new TensorDecoder(model, adapter, 8);
        using IDecoder cpu = new CpuDecoder(model, adapter, 3);
        tensors.Read(_prompts);
        cpu.Read(_prompts);

        float[] rounded = tensors.Step([4, 5, 6]);
        float[] wide = cpu.Step([4, 5, 6]);

        Assert.InRange(Golden.LargestDifference(rounded, wide.AsSpan(0, rounded.Length)), 0, 0.3);
        Assert.InRange(rounded.Zip(wide, (a, b) => Math.Abs((double)a - b)).Average(), 0, 0.05);
    }

    [Fact]
    public void Step_OfARow_DoesNotDependOnTheOthersByASingleBit()
    {
        using CausalLM model = CausalLM.Load(Golden.Folder("qwen2"), ScalarType.Float32, CPU);
        using IDecoder together = new CpuDecoder(model, null, 3);
        using IDecoder alone = new CpuDecoder(model, null, 3);
        together.Read(_prompts);
        alone.Read(_prompts);
        alone.Keep([2]);

        Assert.Equal(together.Step([9, 8, 7])[512..], alone.Step([7])[..256]);
    }

    // Those of the names that the model has modules of.
    private static IEnumerable<string> Names(CausalLM model, params string[] names) =>
        names.Where(name =>
            model.Layout.Modules.Any(module =>
                module.Kind is ModuleKind.Linear or ModuleKind.Norm
                && module.Path.EndsWith($".{name}", StringComparison.Ordinal)
            )
        );

    private static string Changes(string family) =>
        family switch
        {
            "llama" => """{"attention_bias":true,"mlp_bias":true}""",
            "mistral" or "olmo3" => """{"sliding_window":4}""",
            "granite" => """{"residual_multiplier":0.5,"logits_scaling":2,"embedding_multiplier":3}""",
            "ministral3" => """{"rope_parameters":{"llama_4_scaling_beta":0.3,"original_max_position_embeddings":4}}""",
            "qwen3_5_text" or "qwen3_next" or "qwen3_5_moe_text" => """{"full_attention_interval":2}""",
            "gemma4_text" =>
                """{"num_hidden_layers":3,"num_kv_shared_layers":1,"layer_types":["sliding_attention","full_attention","full_attention"]}""",
            "qwen3" => """{"attention_bias":true,"tie_word_embeddings":true}""",
            "gemma2" => """{"sliding_window":5,"attn_logit_softcapping":4,"final_logit_softcapping":6}""",
            "phi3" => """{"sliding_window":6,"partial_rotary_factor":0.5}""",
            _ => "{}",
        };

    private static void Check(
        CausalLM model,
        Adapter adapter,
        List<List<int>> rows,
        float[] tensors,
        ReadOnlySpan<float> cpu
    )
    {
        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            using ForwardContext context = model.Prepare(new SequenceLayout(rows.Select(row => row.Count)), adapter);
            Tensor ids = Tensors.Ids([.. rows.SelectMany(row => row)], CPU);
            Tensor logits = model.Logits(model.Forward(ids, context), context);
            int end = 0;
            for (int row = 0; row < rows.Count; row++)
            {
                end += rows[row].Count;
                float[] wanted = Tensors.ToArray(logits[end - 1]);
                int width = wanted.Length;
                // Rounding in float32: on libtorch 2.10 Granite with DoRA differs by 2.4e-5.
                double near = 5e-5 * Math.Max(1, wanted.Max(Math.Abs));
                Assert.InRange(Golden.LargestDifference(tensors.AsSpan(row * width, width), wanted), 0, near);
                Assert.InRange(Golden.LargestDifference(cpu.Slice(row * width, width), wanted), 0, near);
            }
        }
    }
}
