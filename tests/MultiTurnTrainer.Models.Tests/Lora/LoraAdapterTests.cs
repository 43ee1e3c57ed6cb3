using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Lora;

public class LoraAdapterTests
{
    public static TheoryData<string> Cases => Golden.Cases;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Save_OfALoadedAdapter_GivesPeftsBytes(string name)
    {
        using TempFolder folder = new();
        using CausalLM model = CausalLM.Load(Golden.Folder(name), ScalarType.Float32, CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, Golden.Adapter(name));

        adapter.Save(model, folder.Path, force: false);

        Assert.Equal(2, Directory.GetFiles(folder.Path).Length);
        foreach (string file in (string[])["adapter_config.json", "adapter_model.safetensors"])
        {
            Assert.Equal(File.ReadAllBytes(Path.Combine(Golden.Adapter(name), file)), File.ReadAllBytes(folder[file]));
        }
    }

    [Theory]
    [InlineData("qwen2", ScalarType.Float32)]
    [InlineData("qwen3", ScalarType.Float32)]
    [InlineData("mistral", ScalarType.Float32)]
    [InlineData("llama3-rope", ScalarType.BFloat16)]
    public void Load_OfASavedAdapter_GivesTheSameLogitsBitForBit(string name, ScalarType type)
    {
        using TempFolder folder = new();
        using CausalLM model = CausalLM.Load(Golden.Folder(name), type, CPU);
        LoraConfig config = LoraConfigJson.ReadFolder(Golden.Adapter(name));
        using LoraAdapter trained = LoraAdapter.Create(model, config, seed: 3);
        Shake(trained);
        trained.Save(model, folder.Path, force: false);

        using LoraAdapter loaded = LoraAdapter.Load(model, folder.Path);

        Assert.Equal(Logits(model, trained), Logits(model, loaded));
        Assert.NotEqual(Logits(model, null), Logits(model, loaded));
    }

    [Fact]
    public void Create_EveryKindOfModule_BeginsAsTheBase()
    {
        using CausalLM model = CausalLM.Load(Golden.Folder("llama"), ScalarType.Float32, CPU);
        foreach (bool dora in (bool[])[false, true])
        {
            LoraConfig config = new()
            {
                Rank = 4,
                TargetModules = ["embed_tokens", "q_proj", "down_proj"],
                ModulesToSave = ["lm_head", "norm"],
                UseDora = dora,
            };
            using LoraAdapter adapter = LoraAdapter.Create(model, config, seed: 1);

            // A head with a weight of its own is multiplied by another library than a frozen one.
            Assert.InRange(Golden.LargestDifference(Logits(model, adapter), Logits(model, null)), 0, 1e-5);
        }
    }

    [Fact]
    public void Create_EmbeddingHeadAndWholeModules_UsePeftsNames()
    {
        using TempFolder folder = new();
        using CausalLM model = CausalLM.Load(Golden.Folder("qwen2"), ScalarType.Float32, CPU);
        LoraConfig config = new()
        {
            Rank = 2,
            TargetModules = ["embed_tokens", "lm_head"],
            ModulesToSave = ["model.norm", "layers.1.self_attn.k_proj"],
            UseDora = true,
            Init = LoraInit.Gaussian,
            BaseModel = "base",
        };
        using LoraAdapter adapter = LoraAdapter.Create(model, config, seed: 1);
        Shake(adapter);

        adapter.Save(model, folder.Path, force: false);

        using SafetensorsFile file = SafetensorsFile.Open(folder["adapter_model.safetensors"]);
        Assert.Equal(
            [
                "base_model.model.lm_head.base_layer.weight [256, 48]",
                "base_model.model.lm_head.lora_A.weight [2, 48]",
                "base_model.model.lm_head.lora_B.weight [256, 2]",
                "base_model.model.lm_head.lora_magnitude_vector [256]",
                "base_model.model.model.embed_tokens.base_layer.weight [256, 48]",
                "base_model.model.model.embed_tokens.lora_embedding_A [2, 256]",
                "base_model.model.model.embed_tokens.lora_embedding_B [48, 2]",
                "base_model.model.model.embed_tokens.lora_magnitude_vector [48]",
                "base_model.model.model.layers.1.self_attn.k_proj.bias [24]",
                "base_model.model.model.layers.1.self_attn.k_proj.weight [24, 48]",
                "base_model.model.model.norm.weight [48]",
            ],
            file.Entries.Values.Select(entry => $"{entry.Name} {entry.ShapeText}").Order(StringComparer.Ordinal)
        );
        JsonElement json = Golden.Json(folder["adapter_config.json"]);
        JsonElement reference = Golden.Json(Path.Combine(Golden.Adapter("qwen2"), "adapter_config.json"));
        Assert.Equal(
            reference.EnumerateObject().Select(property => property.Name),
            json.EnumerateObject().Select(property => property.Name)
        );
        Assert.Equal("gaussian", json.GetProperty("init_lora_weights").GetString());
        Assert.Equal("0.0", json.GetProperty("lora_dropout").GetRawText());
        using LoraAdapter loaded = LoraAdapter.Load(model, folder.Path);
        Assert.Equal(Logits(model, adapter), Logits(model, loaded));
    }

    [Fact]
    public void Create_Kaiming_StaysInsideItsBoundAndFollowsTheSeed()
    {
        using CausalLM model = CausalLM.Load(Golden.Folder("llama"), ScalarType.Float32, CPU);
        LoraConfig config = new() { Rank = 16, TargetModules = ["q_proj"] };
        using LoraAdapter one = LoraAdapter.Create(model, config, seed: 1);
        using LoraAdapter same = LoraAdapter.Create(model, config, seed: 1);
        using LoraAdapter other = LoraAdapter.Create(model, config, seed: 2);
        float[] a = Tensors.ToArray(one.Parameters.All[0].Value);
        double bound = 1 / Math.Sqrt(48);

        Assert.All(a, value => Assert.InRange(value, -bound, bound));
        Assert.InRange(a.Max(), 0.95 * bound, bound);
        Assert.InRange(a.Average(), -0.1 * bound, 0.1 * bound);
        Assert.Equal(Tensors.ToArray(one.Parameters.Flat), Tensors.ToArray(same.Parameters.Flat));
        Assert.NotEqual(Tensors.ToArray(one.Parameters.Flat), Tensors.ToArray(other.Parameters.Flat));
        Assert.All(Tensors.ToArray(one.Parameters.All[1].Value), value => Assert.Equal(0, value));
    }

    [Fact]
    public void Clone_OfAnAdapter_IsIndependent()
    {
        using CausalLM model = CausalLM.Load(Golden.Folder("qwen3"), ScalarType.Float32, CPU);
        using LoraAdapter student = LoraAdapter.Load(model, Golden.Adapter("qwen3"));
        using LoraAdapter reference = student.Clone(model);
        float[] before = Logits(model, reference);

        Shake(student);

        Assert.Equal(before, Logits(model, reference));
        Assert.NotEqual(before, Logits(model, student));
    }

    [Theory]
    [InlineData("llama", "gemma2", "has shape")]
    [InlineData("llama", "qwen3", "has shape")]
    [InlineData("llama", "phi3", "for which the base has no place")]
    [InlineData("llama3-rope", "llama", "has shape")]
    [InlineData("llama", "llama-linear-rope", "has shape")]
    public void Load_OverAnotherBase_SaysSo(string adapter, string model, string reason)
    {
        using CausalLM other = CausalLM.Load(Golden.Folder(model), ScalarType.Float32, CPU);

        MttException problem = Assert.Throws<MttException>(() => LoraAdapter.Load(other, Golden.Adapter(adapter)));

        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(3, 2, "holds 'base_model.model.model.layers.2")]
    [InlineData(2, 3, "lacks 'base_model.model.model.layers.2")]
    public void Load_OverABaseOfAnotherDepth_SaysSo(int from, int to, string reason)
    {
        using TempFolder folder = new();
        TestModels.Write(folder["from"], "llama", $$"""{"num_hidden_layers":{{from}}}""");
        TestModels.Write(folder["to"], "llama", $$"""{"num_hidden_layers":{{to}}}""");
        using (CausalLM model = CausalLM.Load(folder["from"], ScalarType.Float32, CPU))
        using (LoraAdapter adapter = LoraAdapter.Create(model, new() { TargetModules = ["q_proj"] }, 1))
        {
            adapter.Save(model, folder["adapter"], force: false);
        }

        using CausalLM other = CausalLM.Load(folder["to"], ScalarType.Float32, CPU);
        MttException problem = Assert.Throws<MttException>(() => LoraAdapter.Load(other, folder["adapter"]));

        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Create_TargetThatMatchesNothing_IsRefused()
    {
        using CausalLM model = CausalLM.Load(Golden.Folder("phi3"), ScalarType.Float32, CPU);
        LoraConfig config = new() { TargetModules = ["o_proj", "q_proj"] };

        Assert.Contains("'q_proj'", Assert.Throws<MttException>(() => LoraAdapter.Create(model, config, 1)).Message);
    }

    [Fact]
    public void Load_FolderWithoutAFile_SaysWhich()
    {
        using TempFolder folder = new();
        using CausalLM model = CausalLM.Load(Golden.Folder("llama"), ScalarType.Float32, CPU);

        Assert.Contains(
            "adapter_config.json",
            Assert.Throws<MttException>(() => LoraAdapter.Load(model, folder.Path)).Message
        );
        File.Copy(Path.Combine(Golden.Adapter("llama"), "adapter_config.json"), folder["adapter_config.json"]);
        Assert.Contains(
            "adapter_model",
            Assert.Throws<MttException>(() => LoraAdapter.Load(model, folder.Path)).Message
        );
    }

    [Fact]
    public void Load_AHeadOfItsOwn_IsUsedInsteadOfTheBases()
    {
        using TempFolder folder = new();
        using CausalLM model = CausalLM.Load(Golden.Folder("mistral"), ScalarType.Float32, CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, Golden.Adapter("mistral"));
        using (
            SafetensorsFile file = SafetensorsFile.Open(
                Path.Combine(Golden.Adapter("mistral"), "adapter_model.safetensors")
            )
        )
        {
            SafetensorsWriter.Write(
                folder["adapter_model.safetensors"],
                file.Entries.Values.Select(entry =>
                {
                    byte[] bytes = file.Bytes(entry).ToArray();
                    if (entry.Name.EndsWith("base_layer.weight", StringComparison.Ordinal))
                    {
                        Array.Clear(bytes);
                    }

                    return SafetensorsPiece.Of(entry.Name, entry.Type, entry.Shape, bytes);
                }),
                file.Metadata,
                force: false
            );
        }

        File.Copy(Path.Combine(Golden.Adapter("mistral"), "adapter_config.json"), folder["adapter_config.json"]);
        using LoraAdapter changed = LoraAdapter.Load(model, folder.Path);

        float[] low = Logits(model, changed);
        Assert.NotEqual(Logits(model, adapter), low);
        using LoraAdapter copy = changed.Clone(model);
        Assert.Equal(low, Logits(model, copy));
    }

    private static void Shake(Adapter adapter)
    {
        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            manual_seed(5);
            adapter.Parameters.Flat.add_(randn([adapter.Parameters.Flat.numel()]) * 0.05);
        }
    }

    private static float[] Logits(CausalLM model, Adapter? adapter)
    {
        int[] ids = [1, 7, 33, 90, 3, 11, 56, 7];
        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            using ForwardContext context = model.Prepare(SequenceLayout.Single(ids.Length), adapter);
            return Tensors.ToArray(model.Logits(model.Forward(Tensors.Ids(ids, CPU), context), context));
        }
    }
}
