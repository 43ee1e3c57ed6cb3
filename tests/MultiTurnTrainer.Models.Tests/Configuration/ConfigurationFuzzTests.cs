using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Testing;

namespace MultiTurnTrainer.Models.Tests.Configuration;

/// <summary>Mutated configurations of models and adapters: read, or refused with the file's name.</summary>
public class ConfigurationFuzzTests(ITestOutputHelper output)
{
    private static readonly string[] _models =
    [
        """{"model_type":"llama","hidden_size":16,"num_attention_heads":2,"num_hidden_layers":2,"intermediate_size":32,"vocab_size":64,"rope_theta":10000.0,"rope_scaling":{"rope_type":"llama3","factor":8.0,"low_freq_factor":1.0,"high_freq_factor":4.0,"original_max_position_embeddings":8192},"rms_norm_eps":1e-5,"tie_word_embeddings":false,"torch_dtype":"bfloat16","eos_token_id":[1,2]}""",
        """{"model_type":"gemma2","hidden_size":16,"num_attention_heads":2,"num_key_value_heads":1,"head_dim":8,"num_hidden_layers":2,"intermediate_size":32,"vocab_size":64,"query_pre_attn_scalar":8,"sliding_window":16,"attn_logit_softcapping":50.0,"final_logit_softcapping":30.0,"hidden_activation":"gelu_pytorch_tanh"}""",
        """{"model_type":"qwen3","hidden_size":16,"num_attention_heads":2,"num_hidden_layers":2,"intermediate_size":32,"vocab_size":64,"layer_types":["full_attention","sliding_attention"],"use_sliding_window":true,"sliding_window":16,"rope_parameters":{"rope_type":"yarn","factor":4.0,"rope_theta":1e6}}""",
        """{"model_type":"phi3","hidden_size":16,"num_attention_heads":2,"num_hidden_layers":2,"intermediate_size":32,"vocab_size":64,"rope_scaling":{"type":"longrope","short_factor":[1.0,1.0,1.0,1.0],"long_factor":[2.0,2.0,2.0,2.0]},"original_max_position_embeddings":4096,"partial_rotary_factor":0.75}""",
    ];

    private static readonly string[] _adapters =
    [
        """{"peft_type":"LORA","r":8,"lora_alpha":16,"lora_dropout":0.05,"target_modules":["q_proj","v_proj"],"modules_to_save":["lm_head"],"rank_pattern":{"q_proj":4},"alpha_pattern":{"^model.*k_proj$":2},"layers_to_transform":[0,1],"layers_pattern":"layers","use_rslora":true,"use_dora":false,"bias":"none","init_lora_weights":true}""",
        """{"peft_type":"LORA","r":8,"target_modules":".*\\.(q|v)_proj","exclude_modules":"x","trainable_token_indices":{"embed_tokens":[1,2]},"base_model_name_or_path":"x"}""",
    ];

    [Fact]
    public void Read_MutatedConfigurations_ReadOrRefuse()
    {
        using TempFolder folder = new();
        Fuzz.Run(
            "configurations",
            2500,
            random => Fuzz.Mutate(random, _models),
            bytes =>
            {
                File.WriteAllBytes(folder["config.json"], bytes);
                try
                {
                    _ = new ModuleLayout(ModelConfigReader.ReadFolder(folder.Path));
                }
                catch (MttException problem)
                {
                    Assert.NotEmpty(problem.Message);
                }
            },
            output.WriteLine
        );
    }

    [Fact]
    public void Read_MutatedAdapters_ReadOrRefuse()
    {
        using TempFolder folder = new();
        File.WriteAllText(folder["config.json"], _models[0]);
        ModuleLayout layout = new(ModelConfigReader.ReadFolder(folder.Path));
        Fuzz.Run(
            "adapters",
            2500,
            random => Fuzz.Mutate(random, _adapters),
            bytes =>
            {
                File.WriteAllBytes(folder["adapter_config.json"], bytes);
                try
                {
                    LoraTargets.Select(LoraConfigJson.ReadFolder(folder.Path), layout);
                }
                catch (MttException problem)
                {
                    Assert.NotEmpty(problem.Message);
                }
            },
            output.WriteLine
        );
    }
}
