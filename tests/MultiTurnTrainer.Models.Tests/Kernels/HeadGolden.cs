using System.Buffers.Binary;
using System.Text.Json;
using MultiTurnTrainer.LibTorch.Providers;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Kernels;

/// <summary>The head-ce goldens, read by the few lines that this one file needs.</summary>
internal sealed class HeadGolden
{
    private readonly Dictionary<string, Tensor> _tensors = [];
    private readonly JsonElement _numbers;

    private HeadGolden(string folder)
    {
        _numbers = JsonDocument.Parse(File.ReadAllText(Path.Combine(folder, "head.json"))).RootElement;
        byte[] bytes = File.ReadAllBytes(Path.Combine(folder, "head.safetensors"));
        int header = (int)BinaryPrimitives.ReadInt64LittleEndian(bytes);
        foreach (JsonProperty entry in JsonDocument.Parse(bytes.AsMemory(8, header)).RootElement.EnumerateObject())
        {
            if (entry.Name == "__metadata__")
            {
                continue;
            }

            long[] shape = [.. entry.Value.GetProperty("shape").EnumerateArray().Select(item => item.GetInt64())];
            int from = 8 + header + entry.Value.GetProperty("data_offsets")[0].GetInt32();
            int to = 8 + header + entry.Value.GetProperty("data_offsets")[1].GetInt32();
            ScalarType type = entry.Value.GetProperty("dtype").GetString() switch
            {
                "I64" => int64,
                "F32" => float32,
                _ => bfloat16,
            };
            _tensors[entry.Name] = TensorMemory.View(torch.tensor(bytes[from..to]), type).view(shape);
        }
    }

    public int[] Labels => Array.ConvertAll(this["labels"].data<long>().ToArray(), label => (int)label);

    public Tensor this[string name] => _tensors[name];

    public static HeadGolden Load() => new(SharedData.Path("training-goldens", "head-ce"));

    public double Number(string name) => _numbers.GetProperty(name).GetDouble();
}
