using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Kernels.Dequantise;
using MultiTurnTrainer.Models.Quantisation;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Quantisation;

/// <summary>Codes and scales byte for byte as bitsandbytes makes them.</summary>
public class FourBitQuantiserTests
{
    public static TheoryData<string> Files =>
        SharedData.Root is null
            ? []
            :
            [
                .. Directory
                    .EnumerateFiles(Path.Combine(SharedData.Root, "peers", "quant", "tensors-4bit"), "*.safetensors")
                    .Select(path => Path.GetFileName(path))
                    .Order(StringComparer.Ordinal),
            ];

    [Theory(SkipTestWithoutData = true)]
    [MemberData(nameof(Files))]
    public void Run_OfAGoldenMatrix_GivesItsBytes(string name)
    {
        using SafetensorsFile golden = SafetensorsFile.Open(SharedData.Path("peers", "quant", "tensors-4bit", name));
        FourBitOptions options = new(
            golden.Metadata["quant_type"] == "nf4" ? FourBitType.Nf4 : FourBitType.Fp4,
            golden.Metadata["nested"] == "true"
        );
        using DisposeScope scope = NewDisposeScope();
        SafetensorsEntry entry = golden["input"];
        using QuantisedMatrix matrix = FourBitQuantiser.Run(
            Tensors.Load(golden, entry, Tensors.TypeOf(entry.Type), CPU),
            options
        );

        Assert.Equal(golden.Bytes(golden["packed"]), matrix.Codes.bytes.ToArray());
        using Tensor scales = matrix.Scales.Get();
        string restored = options.DoubleQuantisation ? "restored_absmax" : "absmax";
        Assert.Equal(golden.Bytes(golden[restored]), scales.bytes.ToArray());
        Assert.Equal(golden.Bytes(golden["dequant.float32"]), matrix.Dequantise(float32).bytes.ToArray());
        Assert.Equal(golden.Bytes(golden["dequant.bfloat16"]), matrix.Dequantise(bfloat16).bytes.ToArray());
        if (options.DoubleQuantisation)
        {
            QuantisedMatrix nested = matrix.Scales.Codes!;
            Assert.Equal(golden.Bytes(golden["absmax"]), nested.Codes.bytes.ToArray());
            Assert.Equal(golden.Bytes(golden["nested_absmax"]), nested.Scales.Get().bytes.ToArray());
            Assert.Equal(golden.Bytes(golden["nested_quant_map"]), nested.Meanings.bytes.ToArray());
        }
    }
}
