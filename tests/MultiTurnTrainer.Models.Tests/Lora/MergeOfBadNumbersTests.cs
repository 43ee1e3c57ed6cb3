using System.Buffers.Binary;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Lora;

/// <summary>A number that is not finite is refused by its tensor's name wherever it stands: base, copied weights, adapter, sum.</summary>
public sealed class MergeOfBadNumbersTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public MergeOfBadNumbersTests()
    {
        TestModels.Write(_folder["base"], "qwen2", """{"tie_word_embeddings":false}""");
        using CausalLM model = CausalLM.Load(_folder["base"], ScalarType.Float32, CPU);
        using LoraAdapter adapter = LoraAdapter.Create(model, new() { TargetModules = ["v_proj", "down_proj"] }, 1);
        adapter.Save(model, _folder["adapter"], force: false);
    }

    public void Dispose() => _folder.Dispose();

    public static TheoryData<string, float> Weights
    {
        get
        {
            TheoryData<string, float> cases = [];
            foreach (
                string name in (string[])
                    [
                        "model.embed_tokens.weight",
                        "model.layers.0.self_attn.q_proj.weight",
                        "model.layers.0.self_attn.v_proj.weight",
                        "model.layers.0.self_attn.v_proj.bias",
                        "model.layers.1.mlp.down_proj.weight",
                        "model.layers.1.input_layernorm.weight",
                        "model.norm.weight",
                        "lm_head.weight",
                    ]
            )
            {
                cases.Add(name, float.NaN);
                cases.Add(name, float.NegativeInfinity);
            }

            return cases;
        }
    }

    [Theory]
    [MemberData(nameof(Weights))]
    public void Run_WeightOfTheBase_IsRefusedByName(string name, float number)
    {
        Poison("base/model.safetensors", name, number);
        RequireRefused(name);
    }

    [Theory]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    public void Run_WeightThatIsOnlyCopied_IsRefusedByName(float number)
    {
        string path = _folder["base/model.safetensors"];
        File.Move(path, path + ".old");
        using (SafetensorsFile old = SafetensorsFile.Open(path + ".old"))
        {
            IEnumerable<SafetensorsPiece> pieces = old.Entries.Values.Select(entry => new SafetensorsPiece(
                entry.Name,
                entry.Type,
                entry.Shape,
                stream => stream.Write(old.Bytes(entry))
            ));
            SafetensorsPiece more = new(
                "model.layers.0.self_attn.rotary_emb.inv_freq",
                SafetensorsType.F32,
                [4],
                s => s.Write(new byte[16])
            );
            SafetensorsWriter.Write(path, [.. pieces, more], SafetensorsWriter.PyTorchMetadata, force: false);
        }

        File.Delete(path + ".old");
        Poison("base/model.safetensors", "model.layers.0.self_attn.rotary_emb.inv_freq", number);
        RequireRefused("model.layers.0.self_attn.rotary_emb.inv_freq");
    }

    [Theory]
    [InlineData("lora_A", float.NaN)]
    [InlineData("lora_B", float.PositiveInfinity)]
    public void Run_WeightOfTheAdapter_IsRefusedByName(string part, float number)
    {
        string name = $"base_model.model.model.layers.1.self_attn.v_proj.{part}.weight";
        Poison("adapter/adapter_model.safetensors", name, number);
        RequireRefused(name);
    }

    [Fact]
    public void Run_SumBeyondTheType_IsRefused()
    {
        const string module = "base_model.model.model.layers.1.self_attn.v_proj";
        Poison("adapter/adapter_model.safetensors", module + ".lora_A.weight", 3e38f);
        Poison("adapter/adapter_model.safetensors", module + ".lora_B.weight", 3e38f);
        RequireRefused("merged");
    }

    private void RequireRefused(string expected)
    {
        MttException problem = Assert.Throws<MttException>(() =>
            AdapterMerge.Run(_folder["base"], _folder["adapter"], _folder["merged"], force: false)
        );
        Assert.Contains(expected, problem.Message, StringComparison.Ordinal);
        Assert.Contains("finite", problem.Message, StringComparison.Ordinal);
        Assert.DoesNotContain(".tmp-", problem.Message, StringComparison.Ordinal);
        Assert.Equal(["adapter", "base"], Directory.GetDirectories(_folder.Path).Select(Path.GetFileName).Order());
    }

    private void Poison(string file, string tensor, float number)
    {
        long at;
        using (SafetensorsFile weights = SafetensorsFile.Open(_folder[file]))
        {
            at = weights[tensor].End - sizeof(float);
        }

        using FileStream stream = new(_folder[file], FileMode.Open);
        byte[] length = new byte[8];
        stream.ReadExactly(length);
        stream.Position = 8 + BinaryPrimitives.ReadInt64LittleEndian(length) + at;
        byte[] bytes = new byte[sizeof(float)];
        BinaryPrimitives.WriteSingleLittleEndian(bytes, number);
        stream.Write(bytes);
    }
}
