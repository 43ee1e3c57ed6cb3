using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Tests.Architectures;

public class ModelConfigReaderTests
{
    [Theory]
    [InlineData("""{"model_type":"gpt2"}""", "model_type 'gpt2' is not supported")]
    [InlineData("""{"model_type":null}""", "model_type is missing")]
    [InlineData("""{"model_type":"olmo"}""", "olmo")]
    [InlineData("""{"quantization_config":{"quant_method":"bitsandbytes"}}""", "quantization_config")]
    [InlineData("""{"logit_scale":0.5}""", "logit_scale = 0.5 is not supported for llama")]
    [InlineData("""{"attn_logit_softcapping":50}""", "attn_logit_softcapping")]
    [InlineData("""{"sliding_window":4096}""", "sliding_window")]
    [InlineData("""{"rope_interleaved":true}""", "rope_interleaved")]
    [InlineData("""{"hidden_act":"relu"}""", "hidden_act = \"relu\" is not supported")]
    [InlineData("""{"hidden_activation":"gelu"}""", "hidden_activation = \"gelu\" is not supported")]
    [InlineData("""{"is_causal":false}""", "is_causal = false is not supported")]
    [InlineData("""{"rope_scaling":{"factor":2}}""", "rope_scaling.factor = 2 is not supported")]
    [InlineData("""{"attention_dropout":0.1}""", "attention_dropout")]
    [InlineData("""{"num_key_value_heads":3}""", "num_key_value_heads is 3, a divisor of the 4 attention heads")]
    [InlineData("""{"hidden_size":"32"}""", "hidden_size is \"32\"")]
    [InlineData("""{"hidden_size":0}""", "hidden_size is 0")]
    [InlineData("""{"hidden_size":null}""", "hidden_size is missing")]
    [InlineData("""{"rope_scaling":{"type":"ntk-parts","factor":2}}""", "ntk-parts")]
    [InlineData("""{"rope_scaling":{"type":"linear"}}""", "rope_scaling.factor is missing")]
    [InlineData("""{"rope_scaling":{"type":"linear","factor":2,"odd":1}}""", "rope_scaling.odd = 1")]
    [InlineData("""{"rope_parameters":{"full_attention":{"rope_type":"default"}}}""", "rope_parameters.full_attention")]
    [InlineData("""{"partial_rotary_factor":0.2}""", "partial_rotary_factor")]
    [InlineData("""{"layer_types":["sliding_attention","full_attention"]}""", "sliding_window is null")]
    [InlineData("""{"layer_types":["full_attention"]}""", "layer_types")]
    [InlineData("""{"layer_types":["chunked_attention","full_attention"]}""", "layer_types")]
    [InlineData("""{"torch_dtype":"float64"}""", "torch_dtype")]
    public void Read_FieldThatCannotBeHonoured_IsRefusedByName(string changes, string reason)
    {
        MttException problem = Assert.Throws<MttException>(() => Read("llama", changes));

        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
        Assert.StartsWith("config.json: ", problem.Message, StringComparison.Ordinal);
        Assert.NotNull(problem.Remedy);
    }

    [Theory]
    [InlineData("gemma2", """{"hidden_act":"gelu"}""", "hidden_act = \"gelu\" is not supported")]
    [InlineData(
        "qwen2",
        """{"sliding_window":7,"use_sliding_window":false,"layer_types":["sliding_attention","full_attention"]}""",
        "use_sliding_window is false"
    )]
    public void Read_FieldsThatContradictEachOther_AreRefused(string family, string changes, string reason)
    {
        MttException problem = Assert.Throws<MttException>(() => Read(family, changes));

        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_FieldsWithoutABearing_AreLetPass()
    {
        const string changes = """
            {"architectures":["LlamaForCausalLM"],"pretraining_tp":1,"use_cache":true,"transformers_version":"4.44.0",
             "_name_or_path":"x","is_llama_config":true,"rope_interleaved":false,"some_new_flag":false,"other":null,"attn_implementation":"eager","name_or_path":"x",
             "transformers.js_config":{"dtype":"q4"},"id2label":{},"initializer_range":0.04,"bos_token_id":1}
            """;

        Assert.Equal("llama", Read("llama", changes).ModelType);
    }

    [Fact]
    public void Read_NothingOptional_TakesTheFamiliesDefaults()
    {
        ModelConfig llama = Read(
            "llama",
            "{}",
            without: ["head_dim", "num_key_value_heads", "rms_norm_eps", "sliding_window"]
        );
        ModelConfig gemma = Read("gemma2", "{}", without: ["head_dim", "sliding_window"]);
        ModelConfig mistral = Read("mistral", "{}", without: ["sliding_window"]);

        Assert.Equal(
            (8, 4, 1e-6, false, 10_000),
            (llama.HeadDimension, llama.KeyValueHeads, llama.NormEpsilon, llama.TiedHead, llama.Ropes[0]!.Theta)
        );
        Assert.Equal(SafetensorsType.F32, llama.StoredType);
        Assert.Equal(
            (256, 1 / 16.0, 50, 30, true),
            (gemma.HeadDimension, gemma.AttentionScale, gemma.AttentionSoftcap, gemma.LogitSoftcap, gemma.TiedHead)
        );
        Assert.Equal(Activation.GeluTanh, gemma.Activation);
        Assert.Equal([4096, null], gemma.Windows);
        Assert.Equal([4096, 4096], mistral.Windows);
        Assert.Null(Read("gemma2", """{"attn_logit_softcapping":null}""").AttentionSoftcap);
    }

    [Theory]
    [InlineData("""{"sliding_window":7,"use_sliding_window":false,"max_window_layers":0}""", null, null)]
    [InlineData("""{"sliding_window":7,"use_sliding_window":true,"max_window_layers":1}""", null, 7)]
    [InlineData("""{"sliding_window":7,"use_sliding_window":true,"max_window_layers":0}""", 7, 7)]
    [InlineData("""{"sliding_window":7,"layer_types":["sliding_attention","full_attention"]}""", 7, null)]
    public void Read_WindowsOfQwen_FollowItsRule(string changes, int? first, int? second)
    {
        Assert.Equal([first, second], Read("qwen2", changes).Windows);
        Assert.Equal([first, second], Read("qwen3", changes).Windows);
    }

    [Fact]
    public void Read_BothSpellingsOfGemma3_TurnWindowedLayersByTheirOwnBase()
    {
        const string layers = """ "num_hidden_layers":3,"sliding_window":8 """;
        ModelConfig old = Read(
            "gemma3_text",
            $$"""{"sliding_window_pattern":3,"rope_local_base_freq":700,"rope_theta":5000,"rope_scaling":{"rope_type":"linear","factor":4},{{layers}} }"""
        );
        ModelConfig now = Read(
            "gemma3_text",
            $$"""
            {"layer_types":["sliding_attention","sliding_attention","full_attention"],"rope_parameters":{
             "full_attention":{"rope_type":"linear","factor":4,"rope_theta":5000},
             "sliding_attention":{"rope_type":"default","rope_theta":700} },{{layers}} }
            """
        );
        ModelConfig bare = Read("gemma3_text", """{"num_hidden_layers":6}""", without: ["sliding_window"]);

        Assert.Equal([8, 8, null], old.Windows);
        Assert.Equal(old.Windows, now.Windows);
        Assert.Equal(old.Ropes.Select(Describe), now.Ropes.Select(Describe));
        Assert.Equal((700.0, 5000.0, 4.0), (old.Ropes[0]!.Theta, old.Ropes[2]!.Theta, old.Ropes[2]!.Factor));
        Assert.Same(old.Ropes[0], old.Ropes[1]);
        Assert.Equal([4096, 4096, 4096, 4096, 4096, null], bare.Windows);
        Assert.Equal((10_000.0, 1_000_000.0), (bare.Ropes[0]!.Theta, bare.Ropes[5]!.Theta));
        Assert.Equal((null, null), (bare.AttentionSoftcap, bare.LogitSoftcap));

        static string Describe(RopeConfig? rope) => JsonSerializer.Serialize(rope);
    }

    [Theory]
    [InlineData("""{"num_hidden_layers":4}""", "1110")]
    [InlineData("""{"num_hidden_layers":4,"no_rope_layer_interval":2}""", "1010")]
    [InlineData("""{"num_hidden_layers":4,"no_rope_layers":[0,1,1,0]}""", "0110")]
    public void Read_LayersOfSmolLM3WithoutPositions_DoNotTurn(string changes, string turning)
    {
        ModelConfig config = Read("smollm3", changes);

        Assert.Equal(turning, string.Concat(config.Ropes.Select(rope => rope is null ? '0' : '1')));
        Assert.Equal((2_000_000.0, true), (config.Ropes.OfType<RopeConfig>().First().Theta, config.TiedHead));
    }

    [Theory]
    [InlineData("gemma3_text", """{"use_bidirectional_attention":true}""", "use_bidirectional_attention")]
    [InlineData("gemma3_text", """{"attn_logit_softcapping":50}""", "attn_logit_softcapping")]
    [InlineData("gemma3_text", """{"sliding_window_pattern":0}""", "sliding_window_pattern is 0")]
    [InlineData("gemma3_text", """{"rope_parameters":{"other":{"factor":2}}}""", "rope_parameters.other")]
    [InlineData("smollm3", """{"no_rope_layers":[1]}""", "no_rope_layers is [1], a list of 2 is needed")]
    public void Read_FieldOfTheFamilyThatCannotBeHonoured_IsRefused(string family, string changes, string reason)
    {
        MttException problem = Assert.Throws<MttException>(() => Read(family, changes));

        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Read_BothSpellingsOfRope_MeanTheSame()
    {
        const string scaling = """
            "factor":8,"low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":32
            """;
        RopeConfig old = Read(
            "llama",
            $$"""{"rope_theta":500000.0,"rope_scaling":{"rope_type":"llama3",{{scaling}} } }"""
        ).Ropes[0]!;
        RopeConfig now = Read(
            "llama",
            $$"""{"rope_parameters":{"rope_theta":500000.0,"rope_type":"llama3",{{scaling}} } }"""
        ).Ropes[0]!;
        RopeConfig oldest = Read(
            "llama",
            $$"""{"rope_theta":500000.0,"rope_scaling":{"type":"llama3",{{scaling}} } }"""
        ).Ropes[0]!;

        Assert.Equal(Describe(old), Describe(now));
        Assert.Equal(Describe(old), Describe(oldest));
        Assert.Equal((RopeType.Llama3, 500_000.0, 8.0, 32), (old.Type, old.Theta, old.Factor, old.OriginalLength));

        static string Describe(RopeConfig rope) => JsonSerializer.Serialize(rope);
    }

    [Fact]
    public void Read_Yarn_FillsInItsAttentionFactor()
    {
        RopeConfig plain = Read("llama", """{"rope_scaling":{"type":"yarn","factor":4.0}}""").Ropes[0]!;
        RopeConfig given = Read(
            "llama",
            """{"rope_scaling":{"type":"yarn","factor":4.0,"attention_factor":1.5}}"""
        ).Ropes[0]!;

        Assert.Equal((0.1 * Math.Log(4)) + 1, plain.AttentionFactor);
        Assert.Equal((32.0, 1.0, 128), (plain.BetaFast, plain.BetaSlow, plain.OriginalLength));
        Assert.Equal(1.5, given.AttentionFactor);
    }

    [Fact]
    public void Inverse_LinearAndDynamic_ScaleAsTheirFormulasSay()
    {
        float[] plain = RopeFrequencies.ComputeInverse(Read("llama", "{}").Ropes[0]!, 1000);
        RopeConfig linear = Read("llama", """{"rope_scaling":{"type":"linear","factor":4}}""").Ropes[0]!;
        RopeConfig dynamic = Read("llama", """{"rope_scaling":{"type":"dynamic","factor":2}}""").Ropes[0]!;

        Assert.Equal(plain[3] / 4, RopeFrequencies.ComputeInverse(linear, 1)[3], 1e-7);
        Assert.Equal(plain, RopeFrequencies.ComputeInverse(dynamic, 128));

        // Twice the limit of 128: base · (2·2 - 1)^(16/14).
        double grown = 10_000 * Math.Pow(3, 16 / 14.0);
        Assert.Equal(Math.Pow(grown, -6 / 16.0), RopeFrequencies.ComputeInverse(dynamic, 256)[3], 1e-7);
        Assert.False(dynamic.ChangesAt(128));
        Assert.True(dynamic.ChangesAt(129));
    }

    private static ModelConfig Read(string family, string changes, string[]? without = null)
    {
        JsonObject config = TestModels.Config(family);
        foreach ((string name, JsonNode? value) in JsonNode.Parse(changes)!.AsObject())
        {
            config[name] = value?.DeepClone();
        }

        foreach (string name in without ?? [])
        {
            config.Remove(name);
        }

        return ModelConfigReader.Read(JsonSerializer.SerializeToElement(config), "config.json");
    }
}
