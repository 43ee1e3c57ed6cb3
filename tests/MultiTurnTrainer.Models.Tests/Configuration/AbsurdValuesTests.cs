using System.Buffers.Binary;
using System.Text.Json;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Tests.Configuration;

/// <summary>Sizes and numbers that no model has are refused by name, before anything is allocated for them.</summary>
public class AbsurdValuesTests
{
    private const string Plain =
        """{"model_type":"llama","hidden_size":16,"num_attention_heads":2,"num_hidden_layers":2,"intermediate_size":32,"vocab_size":64}""";

    public static TheoryData<string, string> Configurations
    {
        get
        {
            TheoryData<string, string> cases = [];
            foreach (
                string name in new[]
                {
                    "hidden_size",
                    "num_attention_heads",
                    "num_hidden_layers",
                    "intermediate_size",
                    "vocab_size",
                    "max_position_embeddings",
                    "head_dim",
                }
            )
            {
                foreach (
                    string value in new[]
                    {
                        "2147483647",
                        "1e300",
                        "1e999",
                        "-1",
                        "0",
                        "1.5",
                        "\"x\"",
                        "[]",
                        "{}",
                        "true",
                    }
                )
                {
                    cases.Add(name, value);
                }
            }

            foreach (string value in new[] { "1e999", "-1e999", "-1", "0", "\"NaN\"" })
            {
                cases.Add("rms_norm_eps", value);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Configurations))]
    public void Read_AbsurdSize_IsRefusedByName(string name, string value)
    {
        JsonObject json = JsonNode.Parse(Plain)!.AsObject();
        _ = ModelConfigReader.Read(JsonSerializer.SerializeToElement(json), "config.json");
        json.Remove(name);
        string text = json.ToJsonString()[..^1] + $",\"{name}\":{value}}}";
        MttException problem = Assert.Throws<MttException>(() =>
            ModelConfigReader.Read(JsonElement.Parse(text), "config.json")
        );
        Assert.Contains(name, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("\"r\": 2147483647")]
    [InlineData("\"r\": 1000000")]
    [InlineData("\"r\": 0")]
    [InlineData("\"r\": -8")]
    [InlineData("\"r\": 1e300")]
    [InlineData("\"r\": \"8\"")]
    [InlineData("\"r\": [8]")]
    [InlineData("\"lora_alpha\": 1e999")]
    [InlineData("\"lora_alpha\": -1e999")]
    [InlineData("\"lora_alpha\": {}")]
    [InlineData("\"lora_dropout\": 1e999")]
    [InlineData("\"rank_pattern\": {\"q_proj\": 2147483647}")]
    [InlineData("\"rank_pattern\": {\"q_proj\": null}")]
    [InlineData("\"rank_pattern\": {\"q_proj\": 99999999999}")]
    [InlineData("\"alpha_pattern\": {\"q_proj\": 1e999}")]
    [InlineData("\"alpha_pattern\": {\"q_proj\": null}")]
    [InlineData("\"target_modules\": [1]")]
    [InlineData("\"target_modules\": [null, 2]")]
    [InlineData("\"layers_to_transform\": [99999999999]")]
    [InlineData("\"layers_to_transform\": \"x\"")]
    [InlineData("\"modules_to_save\": [{}]")]
    [InlineData("\"trainable_token_indices\": [1e20]")]
    public void ReadFolder_AbsurdAdapter_IsRefused(string field)
    {
        using TempFolder folder = new();
        folder.Write("adapter_config.json", $"{{\"peft_type\": \"LORA\", {field}}}");
        Assert.Throws<MttException>(() => LoraConfigJson.ReadFolder(folder.Path));
    }

    [Theory]
    [InlineData("((((((((q+)+)+)+)+)+)+)+)+x")]
    [InlineData("(.*.*.*.*.*.*.*.*.*.*.*.*.*)*y")]
    [InlineData("(\\w|\\w)*!")]
    [InlineData("([a-z._0-9]+)*-")]
    public void Select_PatternThatGoesBack_IsAnErrorByName(string pattern)
    {
        ModelConfig config = ModelConfigReader.Read(JsonElement.Parse(Plain), "config.json");
        LoraConfig lora = new() { TargetPattern = pattern };
        MttException problem = Assert.Throws<MttException>(() => LoraTargets.Select(lora, new ModuleLayout(config)));
        Assert.Contains(pattern, problem.Message, StringComparison.Ordinal);
    }

    public static TheoryData<SafetensorsType, long> Numbers =>
        new()
        {
            { SafetensorsType.F32, 0x7FC00000 },
            { SafetensorsType.F32, 0x7F800000 },
            { SafetensorsType.F32, 0xFF800000 },
            { SafetensorsType.BF16, 0x7FC0 },
            { SafetensorsType.BF16, 0x7F80 },
            { SafetensorsType.BF16, 0xFF80 },
            { SafetensorsType.F16, 0x7E00 },
            { SafetensorsType.F16, 0x7C00 },
            { SafetensorsType.F16, 0xFC00 },
            { SafetensorsType.F64, 0x7FF8000000000000 },
            { SafetensorsType.F64, 0x7FF0000000000000 },
        };

    [Theory]
    [MemberData(nameof(Numbers))]
    public void Only_NumberThatIsNotFinite_IsFoundWhereverItStands(SafetensorsType type, long bits)
    {
        int size = type.Bits() / 8;
        for (int at = 0; at < 67; at++)
        {
            byte[] bytes = new byte[67 * size];
            long largest = type switch
            {
                SafetensorsType.F32 => 0x7F7FFFFF,
                SafetensorsType.BF16 => 0x7F7F,
                SafetensorsType.F16 => 0x7BFF,
                _ => 0x7FEFFFFFFFFFFFFF,
            };
            for (int i = 0; i < 67; i++)
            {
                Put(largest, bytes.AsSpan(i * size, size));
            }

            Assert.True(FiniteNumbers.Only(bytes, type));
            Put(bits, bytes.AsSpan(at * size, size));
            Assert.False(FiniteNumbers.Only(bytes, type));
        }
    }

    private static void Put(long bits, Span<byte> number)
    {
        byte[] all = new byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(all, bits);
        all.AsSpan(0, number.Length).CopyTo(number);
    }
}
