using System.Text;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Lora;

namespace MultiTurnTrainer.Models.Tests.Lora;

public class LoraConfigJsonTests
{
    [Theory]
    [InlineData("""{"peft_type":"IA3"}""", "peft_type is IA3")]
    [InlineData("""{"target_modules":["q_proj"]}""", "peft_type is nothing")]
    [InlineData("""{"peft_type":"LORA","lora_bias":true,"use_dora":true}""", "lora_bias = true")]
    [InlineData("""{"peft_type":"LORA","bias":"all"}""", "bias = \"all\"")]
    [InlineData("""{"peft_type":"LORA","use_qalora":true}""", "use_qalora")]
    [InlineData("""{"peft_type":"LORA","layer_replication":[[0,4],[2,5]]}""", "layer_replication")]
    [InlineData("""{"peft_type":"LORA","target_parameters":["x"],"use_dora":true}""", "target_parameters")]
    [InlineData("""{"peft_type":"LORA","target_parameters":["x"],"lora_bias":true}""", "target_parameters")]
    [InlineData("""{"peft_type":"LORA","target_parameters":["x"],"lora_dropout":0.1}""", "target_parameters")]
    [InlineData("""{"peft_type":"LORA","trainable_token_indices":["a"]}""", "cannot be read")]
    [InlineData("""{"peft_type":"LORA","init_lora_weights":"pissa_niter_4"}""", "pissa_niter_4")]
    [InlineData("""{"peft_type":"LORA","init_lora_weights":"olora"}""", "olora")]
    [InlineData("""{"peft_type":"LORA","init_lora_weights":"someday"}""", "someday")]
    [InlineData("""{"peft_type":"LORA","alora_invocation_tokens":[1,2]}""", "alora_invocation_tokens")]
    [InlineData("""{"peft_type":"LORA","future_field":{"x":1}}""", "future_field = {\"x\":1}")]
    [InlineData(
        """{"peft_type":"LORA","target_modules":".*q_proj","layers_to_transform":[1]}""",
        "layers_to_transform"
    )]
    [InlineData("""{"peft_type":"LORA","r":0}""", "r is 0")]
    [InlineData("""{"peft_type":"LORA","rank_pattern":{"q_proj":-2}}""", "rank_pattern.q_proj is -2")]
    [InlineData("""{"peft_type":"LORA","r":"eight"}""", "cannot be read")]
    [InlineData("""[]""", "not a JSON object")]
    [InlineData("""{""", "cannot be read")]
    public void ReadFolder_WhatCannotBeHonoured_IsRefusedByName(string json, string reason)
    {
        using TempFolder folder = new();
        folder.Write("adapter_config.json", json);

        MttException problem = Assert.Throws<MttException>(() => LoraConfigJson.ReadFolder(folder.Path));

        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ReadFolder_TheLeastPeftLoads_TakesItsDefaults()
    {
        using TempFolder folder = new();
        folder.Write(
            "adapter_config.json",
            """{"peft_type":"LORA","target_modules":"all-linear","future_field":{},"revision":"main"}"""
        );

        LoraConfig config = LoraConfigJson.ReadFolder(folder.Path);

        Assert.Equal((8, 8.0, 0.0, "all-linear"), (config.Rank, config.Alpha, config.Dropout, config.TargetPattern));
        string written = Encoding.UTF8.GetString(LoraConfigJson.Write(config));
        Assert.Contains("\"future_field\": {}", written, StringComparison.Ordinal);
        Assert.Contains("\"revision\": \"main\"", written, StringComparison.Ordinal);
        Assert.Contains("\"target_modules\": \"all-linear\"", written, StringComparison.Ordinal);
    }

    [Fact]
    public void Write_NumbersAndLists_LookAsPythonWritesThem()
    {
        LoraConfig config = new()
        {
            Alpha = 7.5,
            Dropout = 0.05,
            TargetModules = ["v_proj", "q_proj"],
            AlphaPattern = [new("q_proj", 12)],
            BaseModel = "modèle",
        };

        string json = Encoding.UTF8.GetString(LoraConfigJson.Write(config));

        Assert.Contains("\"lora_alpha\": 7.5,", json, StringComparison.Ordinal);
        Assert.Contains("\"lora_dropout\": 0.05,", json, StringComparison.Ordinal);
        Assert.Contains("\"target_modules\": [\n    \"q_proj\",\n    \"v_proj\"\n  ],", json, StringComparison.Ordinal);
        Assert.Contains("\"alpha_pattern\": {\n    \"q_proj\": 12\n  },", json, StringComparison.Ordinal);
        Assert.Contains("\"base_model_name_or_path\": \"mod\\u00E8le\"", json, StringComparison.OrdinalIgnoreCase);
        Assert.EndsWith("\"use_rslora\": false\n}", json, StringComparison.Ordinal);
    }
}
