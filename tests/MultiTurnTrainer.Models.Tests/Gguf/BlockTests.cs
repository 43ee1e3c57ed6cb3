using MultiTurnTrainer.Models.Gguf;
using MultiTurnTrainer.Models.Safetensors;

namespace MultiTurnTrainer.Models.Tests.Gguf;

/// <summary>Blocks of quantised numbers, against gguf-py and ggml.</summary>
public class BlockTests(ITestOutputHelper output)
{
    public static TheoryData<GgufType> Read => [.. GgufTypes.Known.Where(type => type != GgufType.F32)];

    public static TheoryData<GgufType> Written =>
        [GgufType.F32, GgufType.F16, GgufType.BF16, GgufType.Q8_0, GgufType.Q4_0, GgufType.Q5_0];

    [Theory]
    [MemberData(nameof(Read))]
    public void Dequantise_OfEveryType_GivesGgmlsBits(GgufType type)
    {
        using SafetensorsFile golden = Open("dequantise.safetensors");
        float[] wanted = golden.Floats($"{type}.values");
        float[] values = new float[wanted.Length];

        Dequantiser.Run(type, golden.Bytes(golden[$"{type}.bytes"]), values);

        Assert.Equal(wanted.Select(BitConverter.SingleToInt32Bits), values.Select(BitConverter.SingleToInt32Bits));
    }

    [Theory]
    [MemberData(nameof(Written))]
    public void Quantise_OfExactTypes_GivesGgufPysBytes(GgufType type)
    {
        using SafetensorsFile golden = Open("quantise.safetensors");

        byte[] bytes = Quantiser.Run(type, golden.Floats("input"));

        Assert.Equal(golden.Bytes(golden[$"{type}.bytes"]).ToArray(), bytes);
    }

    [Theory]
    [InlineData(GgufType.Q4_K)]
    [InlineData(GgufType.Q6_K)]
    public void Quantise_OfSearchedTypes_IsAsCloseAsGgmls(GgufType type)
    {
        using SafetensorsFile golden = Open("quantise.safetensors");
        using SafetensorsFile ggml = Open("quantised-by-ggml.safetensors");
        float[] input = golden.Floats("input");
        float[] own = new float[input.Length];

        Dequantiser.Run(type, Quantiser.Run(type, input), own);

        float[] theirs = ggml.Floats($"{type}.values");
        (double ours, double reference) = (0, 0);
        for (int row = 0; row < input.Length; row += 256)
        {
            (double a, double b) = (Error(input, own, row), Error(input, theirs, row));
            double size = Math.Sqrt(input.AsSpan(row, 256).ToArray().Sum(x => (double)x * x));
            output.WriteLine($"row {row / 256}: {a / size:e3} of {b / size:e3}");
            // Rows of tiny numbers lose all of them to a scale in half precision, for both.
            Assert.True(a <= (1.1 * b) + (1e-3 * size), $"row {row / 256}: {a} against {b}");
            (ours, reference) = (ours + (size > 0 ? a / size : 0), reference + (size > 0 ? b / size : 0));
        }

        output.WriteLine($"{type}: mean error {ours / reference:F4} of ggml's");
        Assert.True(ours <= 1.02 * reference);
    }

    private static double Error(float[] input, float[] values, int row)
    {
        double sum = 0;
        for (int i = row; i < row + 256; i++)
        {
            double difference = (double)input[i] - values[i];
            sum += difference * difference;
        }

        return Math.Sqrt(sum);
    }

    private static SafetensorsFile Open(string name) => SafetensorsFile.Open(SharedData.Path("peers", "gguf", name));
}
