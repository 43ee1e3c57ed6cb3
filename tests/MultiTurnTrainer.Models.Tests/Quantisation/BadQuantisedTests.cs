using System.Text;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Quantisation;

/// <summary>Damaged quantised folders are refused by the part that is wrong, before weights are loaded.</summary>
public sealed class BadQuantisedTests : IDisposable
{
    private const string Weight = "model.layers.1.mlp.up_proj.weight";
    private const string State = Weight + ".quant_state.bitsandbytes__nf4";
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [InlineData("\"blocksize\": 64", "\"blocksize\": 0", "blocksize is none of")]
    [InlineData("\"blocksize\": 64", "\"blocksize\": 100", "blocksize is none of")]
    [InlineData("\"blocksize\": 64", "\"blocksize\": 1e30", "blocksize is none of")]
    [InlineData("\"blocksize\": 64", "\"blocksize\": 128", "element")]
    [InlineData("\"nested_blocksize\": 256", "\"nested_blocksize\": \"256\"", "nested_blocksize is none of")]
    [InlineData("\"shape\": [128, 64]", "\"shape\": [2147483647, 2147483647]", "shape [2147483647, 2147483647]")]
    [InlineData("\"shape\": [128, 64]", "\"shape\": [-128, -64]", "shape")]
    [InlineData("\"shape\": [128, 64]", "\"shape\": [128]", "shape")]
    [InlineData("\"shape\": [128, 64]", "\"shape\": [64, 128]", "[64, 128]")]
    [InlineData("\"dtype\": \"bfloat16\"", "\"dtype\": \"int4\"", "dtype")]
    [InlineData("\"quant_type\": \"nf4\"", "\"quant_type\": \"fp4\"", "quant_type")]
    [InlineData("\"nested_dtype\": \"float32\"", "\"nested_dtype\": \"float16\"", "nested_dtype")]
    [InlineData("\"nested_offset\":", "\"scale\": 2, \"nested_offset\":", "scale is not known")]
    [InlineData("\"nested_offset\":", "\"blocksize\": 64, \"nested_offset\":", "blocksize is there twice")]
    [InlineData("\"quant_type\": \"nf4\", ", "", "quant_type is missing")]
    [InlineData("{", "[", "cannot be used")]
    public void Load_OfAnImpossibleState_NamesTheField(string from, string to, string named)
    {
        string text = Encoding.UTF8.GetString(Read("llama-nf4-nested", State));
        Assert.Contains(from, text);
        byte[] changed = Encoding.UTF8.GetBytes(text.Replace(from, to));
        RequireRefused("llama-nf4-nested", State, SafetensorsType.U8, [changed.Length], changed, Weight, named);
    }

    [Theory]
    [InlineData("llama-nf4-nested", Weight, "U8", 4095, "bytes")]
    [InlineData("llama-nf4-nested", Weight + ".absmax", "U8", 127, "127 elements, 128 are needed")]
    [InlineData("llama-nf4-nested", Weight + ".absmax", "F32", 128, "is F32")]
    [InlineData("llama-nf4-nested", Weight + ".nested_absmax", "F32", 2, "2 elements, 1 are needed")]
    [InlineData("llama-nf4-nested", Weight + ".nested_quant_map", "F32", 255, "255 elements")]
    [InlineData("llama-nf4-nested", Weight + ".quant_map", "F32", 8, "8 elements")]
    [InlineData("llama-int8", "model.layers.0.mlp.up_proj.SCB", "F32", 127, "127 elements, 128 are needed")]
    [InlineData("llama-int8", "model.layers.0.mlp.up_proj.weight", "I8", 8192, "an I8 matrix is needed")]
    [InlineData("llama-fp8", "model.layers.0.mlp.up_proj.weight_scale_inv", "F32", 3, "3 elements, 2 are needed")]
    [InlineData("llama-fp8", "model.layers.0.mlp.up_proj.weight", "I8", 32768, "an F8_E4M3 matrix is needed")]
    public void Load_OfAPartOfAnotherSize_NamesIt(string model, string part, string type, int count, string named)
    {
        SafetensorsType stored = SafetensorsTypes.Parse(type)!.Value;
        RequireRefused(model, part, stored, [count], new byte[count * stored.Bits() / 8], part, named);
    }

    [Theory]
    [InlineData("llama-nf4-nested", Weight + ".absmax")]
    [InlineData("llama-nf4", Weight + ".quant_map")]
    [InlineData("llama-nf4", Weight)]
    [InlineData("llama-int8", "model.layers.0.mlp.up_proj.weight")]
    [InlineData("llama-fp8", "model.layers.0.mlp.up_proj.weight")]
    public void Load_WithoutAPart_NamesIt(string model, string part)
    {
        RequireRefused(model, part, default, null, [], part, "lack");
    }

    [Fact]
    public void Load_OfANumberThatIsNone_IsRefused()
    {
        const string scales = Weight + ".absmax";
        float[] values = new float[128];
        values[77] = float.NaN;
        byte[] bytes = System.Runtime.InteropServices.MemoryMarshal.AsBytes(values.AsSpan()).ToArray();
        RequireRefused("llama-nf4", scales, SafetensorsType.F32, [128], bytes, scales, "not finite");

        const string codes = "model.layers.0.mlp.up_proj.weight";
        byte[] floats = new byte[256 * 128];
        floats[999] = 0xFF;
        RequireRefused("llama-fp8", codes, SafetensorsType.F8E4M3, [256, 128], floats, codes, "NaN");
    }

    [Fact]
    public void Load_OfInt8InAnotherLayout_IsRefused()
    {
        const string format = "model.layers.0.mlp.up_proj.weight_format";
        RequireRefused("llama-int8", format, SafetensorsType.U8, [], [1], format, "is not 0");
    }

    [Theory]
    [InlineData("quant_method", "\"gptq\"", "amn remember")]
    [InlineData("quant_method", "\"awq\"", "amn remember")]
    [InlineData("quant_method", "\"hqq\"", "hqq")]
    [InlineData("quant_method", "null", "quant_method")]
    [InlineData("bnb_4bit_quant_type", "\"int4\"", "bnb_4bit_quant_type")]
    [InlineData("load_in_8bit", "true", "load_in_8bit")]
    [InlineData("llm_int8_has_fp16_weight", "true", "llm_int8_has_fp16_weight")]
    [InlineData("bnb_4bit_rotation", "\"hadamard\"", "bnb_4bit_rotation")]
    public void Load_OfAConfigurationThatIsNotRead_NamesTheField(string field, string value, string named)
    {
        Copy("llama-nf4");
        JsonObject config = JsonNode.Parse(File.ReadAllText(_folder["model/config.json"]))!.AsObject();
        config["quantization_config"]![field] = JsonNode.Parse(value);
        File.WriteAllText(_folder["model/config.json"], config.ToJsonString());

        MttException problem = Assert.Throws<MttException>(() =>
            CausalLM.Load(_folder["model"], ScalarType.Float32, CPU).Dispose()
        );

        Assert.Contains("quantization_config", problem.Message);
        Assert.Contains(named, problem.Message + problem.Remedy);
    }

    private static byte[] Read(string model, string part)
    {
        using SafetensorsFile file = SafetensorsFile.Open(
            SharedData.Path("peers", "quant", model, "model.safetensors")
        );
        return file.Bytes(file[part]);
    }

    private void Copy(string model)
    {
        Directory.CreateDirectory(_folder["model"]);
        foreach (string name in (string[])["config.json", "model.safetensors"])
        {
            File.Copy(SharedData.Path("peers", "quant", model, name), _folder[$"model/{name}"], overwrite: true);
        }
    }

    // The model with one tensor changed, or left out where it has no shape.
    private void RequireRefused(
        string model,
        string part,
        SafetensorsType type,
        long[]? shape,
        byte[] bytes,
        params string[] named
    )
    {
        Copy(model);
        string target = _folder["model/model.safetensors"];
        using (
            SafetensorsFile file = SafetensorsFile.Open(SharedData.Path("peers", "quant", model, "model.safetensors"))
        )
        {
            Assert.Contains(part, file.Entries.Keys);
            SafetensorsWriter.Write(
                target,
                file.Entries.Values.Where(entry => shape is not null || entry.Name != part)
                    .Select(entry =>
                        entry.Name == part
                            ? SafetensorsPiece.Of(part, type, shape!, bytes)
                            : SafetensorsPiece.Of(entry.Name, entry.Type, entry.Shape, file.Bytes(entry))
                    ),
                SafetensorsWriter.PyTorchMetadata,
                force: true
            );
        }

        MttException problem = Assert.Throws<MttException>(() =>
            CausalLM.Load(_folder["model"], ScalarType.Float32, CPU).Dispose()
        );
        Assert.All(named, text => Assert.Contains(text, problem.Message));
    }
}
