using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Export;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Quantisation;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Quantisation;

/// <summary>Bases quantised while they are loaded, and quantised bases written as numbers.</summary>
public sealed class QuantiseOnLoadTests : IDisposable
{
    private static readonly int[] _ids = [.. Enumerable.Range(3, 20)];
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    [Theory]
    [MemberData(nameof(Golden.Cases), MemberType = typeof(Golden))]
    public void Load_IntoFourBits_HoldsEveryLinearModuleButTheHeadAsCodes(string name)
    {
        using CausalLM plain = CausalLM.Load(Golden.Folder(name), ScalarType.Float32, CPU);
        using CausalLM model = Load(name, FourBitType.Nf4);
        Assert.True(model.IsQuantised);
        Assert.Equal("nf4", model.Config.Quantisation!.Name);
        Assert.Equal(plain.ParameterCount, model.ParameterCount);
        Assert.All(
            model.Layout.Modules,
            module =>
                Assert.Equal(
                    module.Kind == ModuleKind.Linear && module.Path != ModuleLayout.HeadPath,
                    model.Codes(module) is not null
                )
        );
        Assert.InRange(Golden.LargestDifference(Logits(plain), Logits(model)), 1e-3, 20);
    }

    [Fact]
    public void Load_IntoFourBits_TakesAsManyBytesAsTheFormatSays()
    {
        using CausalLM model = Load("llama", FourBitType.Nf4);
        foreach (ModuleSpec module in model.Layout.Modules)
        {
            if (model.Codes(module) is { } codes)
            {
                long values = (long)module.Out * module.In;
                long blocks = (values + 63) / 64;
                Assert.Equal((values + 1) / 2, codes.Codes.numel());
                Assert.Equal(blocks, codes.Scales.Codes!.Codes.numel());
                Assert.Equal(ScalarType.Byte, codes.Scales.Codes.Codes.dtype);
            }
        }
    }

    [Theory]
    [InlineData("llama-nf4")]
    [InlineData("llama-fp4-nested")]
    [InlineData("llama-int8")]
    [InlineData("llama-fp8")]
    public void Dequantise_ThenLoad_GivesTheSameModel(string name)
    {
        string quantised = SharedData.Path("peers", "quant", name);
        string output = _folder["base"];

        DequantisedModel written = Dequantisation.Run(quantised, output, force: false);

        Assert.NotEqual(0, written.Dequantised);
        // What is rounded to bfloat16 is what a bfloat16 model sees.
        ScalarType type = written.Type == "F32" ? ScalarType.Float32 : ScalarType.BFloat16;
        using CausalLM before = CausalLM.Load(quantised, type, CPU);
        using CausalLM after = CausalLM.Load(output, type, CPU);
        Assert.False(after.IsQuantised);
        Assert.Equal(Logits(before), Logits(after));
        Assert.Throws<MttException>(() => Dequantisation.Run(output, _folder["again"], force: false));
        MttException missing = Assert.Throws<MttException>(() =>
            Dequantisation.Run(_folder["none"], _folder["again"], force: false)
        );
        Assert.Contains("none: there is no such folder", missing.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Dequantise_OfGptOss_GivesTheNumbersOfTransformers()
    {
        using SafetensorsFile golden = SafetensorsFile.Open(
            SharedData.Path("peers", "quant", "tensors-mxfp4", "mxfp4.safetensors")
        );
        string model = _folder["model"];
        Directory.CreateDirectory(model);
        File.WriteAllText(
            Path.Combine(model, "config.json"),
            """{"model_type": "gpt_oss", "dtype": "bfloat16", "quantization_config": {"quant_method": "mxfp4"}}"""
        );
        SafetensorsWriter.Write(
            Path.Combine(model, "model.safetensors"),
            [Piece("blocks"), Piece("scales")],
            SafetensorsWriter.PyTorchMetadata,
            force: false
        );

        DequantisedModel written = Dequantisation.Run(model, _folder["base"], force: false);

        Assert.Equal((1, 0, "BF16", "mxfp4"), (written.Dequantised, written.Copied, written.Type, written.Method));
        using SafetensorsFile found = SafetensorsFile.Open(_folder["base/model.safetensors"]);
        SafetensorsEntry wanted = golden["transformers.bfloat16"];
        Assert.Equal(wanted.Shape, found["experts.gate_up_proj"].Shape);
        Assert.Equal(golden.Bytes(wanted), found.Bytes(found["experts.gate_up_proj"]));

        SafetensorsPiece Piece(string part) =>
            SafetensorsPiece.Of(
                $"experts.gate_up_proj_{part}",
                SafetensorsType.U8,
                golden[part].Shape,
                golden.Bytes(golden[part])
            );
    }

    [Fact]
    public void Dequantise_OfFp8Tensors_GivesTheFormulasNumbers()
    {
        using SafetensorsFile golden = SafetensorsFile.Open(
            SharedData.Path("peers", "quant", "tensors-fp8", "fp8.safetensors")
        );
        foreach (string name in (string[])["codes", "edge", "grid", "one_block", "small", "scalar"])
        {
            string model = _folder[name];
            Directory.CreateDirectory(model);
            SafetensorsEntry wanted = golden[$"{name}.dequant"];
            string type = wanted.Type == SafetensorsType.F32 ? "float32" : "bfloat16";
            string block = name == "scalar" ? "null" : "[128, 128]";
            File.WriteAllText(
                Path.Combine(model, "config.json"),
                $$"""{"dtype": "{{type}}", "quantization_config": {"quant_method": "fp8", "weight_block_size": {{block}} } }"""
            );
            SafetensorsWriter.Write(
                Path.Combine(model, "model.safetensors"),
                [
                    .. ((string[])["weight", "weight_scale_inv"]).Select(part =>
                    {
                        SafetensorsEntry entry = golden[$"{name}.{part}"];
                        return SafetensorsPiece.Of($"x.{part}", entry.Type, entry.Shape, golden.Bytes(entry));
                    }),
                ],
                SafetensorsWriter.PyTorchMetadata,
                force: false
            );

            Dequantisation.Run(model, _folder[name + "-base"], force: false);

            using SafetensorsFile found = SafetensorsFile.Open(_folder[name + "-base/model.safetensors"]);
            Assert.Equal(golden.Bytes(wanted), found.Bytes(found["x.weight"]));
        }
    }

    [Fact]
    public void Dequantise_OfActivationScalesAndNoType_ListsThoseLeftOutAndNamesTheType()
    {
        string model = _folder["model"];
        Directory.CreateDirectory(model);
        File.WriteAllText(
            Path.Combine(model, "config.json"),
            """{"quantization_config": {"quant_method": "fp8", "weight_block_size": null} }"""
        );
        SafetensorsWriter.Write(
            Path.Combine(model, "model.safetensors"),
            [
                SafetensorsPiece.Of("x.weight", SafetensorsType.F8E4M3, [1, 1], new byte[] { 0x38 }), // 1
                SafetensorsPiece.Of("x.weight_scale_inv", SafetensorsType.F32, [1], BitConverter.GetBytes(3f)),
                SafetensorsPiece.Of("x.input_scale", SafetensorsType.F32, [1], BitConverter.GetBytes(2f)),
            ],
            SafetensorsWriter.PyTorchMetadata,
            force: false
        );

        DequantisedModel written = Dequantisation.Run(model, _folder["base"], force: false);

        Assert.Equal(["x.input_scale"], written.LeftOut);
        Assert.Equal((1, 0), (written.Dequantised, written.Copied));
        using SafetensorsFile found = SafetensorsFile.Open(_folder["base/model.safetensors"]);
        Assert.Equal(["x.weight"], found.Entries.Keys);
        Assert.Equal((ushort)0x4040, found.Values<ushort>("x.weight")[0]); // 3 in bfloat16
        Assert.Equal("bfloat16", Golden.Json(_folder["base/config.json"]).GetProperty("dtype").GetString());
    }

    [Fact]
    public void Dequantise_OfNumbersBeyondTheType_IsRefused()
    {
        string model = _folder["model"];
        Directory.CreateDirectory(model);
        File.WriteAllText(
            Path.Combine(model, "config.json"),
            """{"dtype": "float16", "quantization_config": {"quant_method": "fp8", "weight_block_size": null} }"""
        );
        SafetensorsWriter.Write(
            Path.Combine(model, "model.safetensors"),
            [
                SafetensorsPiece.Of("x.weight", SafetensorsType.F8E4M3, [1, 1], new byte[] { 0x7E }), // 448
                SafetensorsPiece.Of("x.weight_scale_inv", SafetensorsType.F32, [1], BitConverter.GetBytes(1000f)),
            ],
            SafetensorsWriter.PyTorchMetadata,
            force: false
        );

        MttException problem = Assert.Throws<MttException>(() =>
            Dequantisation.Run(model, _folder["base"], force: false)
        );

        Assert.Contains("'x.weight' holds numbers that are too large for F16", problem.Message);
        Assert.Single(Directory.GetFileSystemEntries(_folder.Path));
    }

    [Fact]
    public void Merge_IntoCodes_IsRefusedWithTheWayThatWorks()
    {
        string quantised = SharedData.Path("peers", "quant", "llama-nf4");
        string adapter = Path.Combine(quantised, "adapter");

        MttException problem = Assert.Throws<MttException>(() =>
            AdapterMerge.Run(quantised, adapter, _folder["merged"], force: false)
        );

        Assert.Contains("quantised (nf4)", problem.Message);
        Assert.Contains("--dequantise", problem.Remedy);
        Assert.False(Directory.Exists(_folder["merged"]));
        Dequantisation.Run(quantised, _folder["base"], force: false);
        Assert.True(AdapterMerge.Run(_folder["base"], adapter, _folder["merged"], force: false).IsUsual);
    }

    [Fact]
    public void Load_OfCodesIntoOtherCodes_IsRefused()
    {
        MttException problem = Assert.Throws<MttException>(() =>
            CausalLM
                .Load(
                    SharedData.Path("peers", "quant", "llama-int8"),
                    ScalarType.Float32,
                    CPU,
                    quantisation: new(FourBitType.Nf4, true)
                )
                .Dispose()
        );
        Assert.Contains("quantised already (int8)", problem.Message);
    }

    private static CausalLM Load(string name, FourBitType type) =>
        CausalLM.Load(Golden.Folder(name), ScalarType.Float32, CPU, quantisation: new(type, true));

    private static float[] Logits(CausalLM model)
    {
        List<float> logits = [];
        new Scorer(model, null).Run(_ids, [], null, block => logits.AddRange(block.Span));
        return [.. logits];
    }
}
