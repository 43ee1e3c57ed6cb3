using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Lora;

public class AdapterMergeTests
{
    public static TheoryData<string> Cases => Golden.Cases;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Run_OnAGolden_GivesTheReferenceWeightsAndLogits(string name)
    {
        using TempFolder folder = new();
        string output = folder["merged"];

        MergeReport report = AdapterMerge.Run(Golden.Folder(name), Golden.Adapter(name), output, force: false);

        using SafetensorsFile expected = SafetensorsFile.Open(Golden.Expected(name, "merged.safetensors"));
        using WeightFolder merged = WeightFolder.Open(output);
        using WeightFolder original = WeightFolder.Open(Golden.Folder(name));
        Assert.Equal(expected.Entries.Count, report.ChangedTensors);
        foreach (string tensor in merged.Names)
        {
            Assert.True(merged.TryFind(tensor, out SafetensorsFile file, out SafetensorsEntry entry));
            if (!expected.Entries.TryGetValue(tensor, out SafetensorsEntry? wanted))
            {
                Assert.True(original.TryFind(tensor, out SafetensorsFile from, out SafetensorsEntry unchanged));
                Assert.True(from.Bytes(unchanged).SequenceEqual(file.Bytes(entry)));
            }
            else if (entry.Type == SafetensorsType.BF16)
            {
                Assert.Equal(wanted.Type, entry.Type);
                Assert.True(expected.Bytes(wanted).SequenceEqual(file.Bytes(entry)));
            }
            else
            {
                double difference = Golden.LargestDifference(
                    file.Values<float>(tensor),
                    expected.Values<float>(tensor)
                );
                Assert.InRange(difference, 0, 1e-6);
            }
        }

        Assert.InRange(report.LargestDifference, 0, report.StoredType == "BF16" ? 0.2 : 1e-4);
        Assert.True(report.IsUsual, report.Judgement);
        CheckLogits(name, output);
    }

    [Fact]
    public void Run_TiedHeadWithLora_IsUntied()
    {
        using TempFolder folder = new();
        TestModels.Write(folder["base"], "qwen2", """{"tie_word_embeddings":true}""");
        using (CausalLM model = CausalLM.Load(folder["base"], ScalarType.Float32, CPU))
        using (LoraAdapter adapter = LoraAdapter.Create(model, new() { TargetModules = ["lm_head", "v_proj"] }, 1))
        {
            using (no_grad())
            {
                adapter.Parameters.Flat.add_(0.05);
            }

            adapter.Save(model, folder["adapter"], force: false);
        }

        MergeReport report = AdapterMerge.Run(folder["base"], folder["adapter"], folder["merged"], force: false);

        Assert.True(report.Untied);
        Assert.InRange(report.LargestDifference, 0, 1e-4);
        Assert.False(ModelConfigReader.ReadFolder(folder["merged"]).TiedHead);
        using WeightFolder before = WeightFolder.Open(folder["base"]);
        using WeightFolder after = WeightFolder.Open(folder["merged"]);
        Assert.Equal(["lm_head.weight"], after.Names.Except(before.Names));
        before.TryFind("model.embed_tokens.weight", out SafetensorsFile from, out SafetensorsEntry old);
        after.TryFind("model.embed_tokens.weight", out SafetensorsFile to, out SafetensorsEntry kept);
        Assert.True(from.Bytes(old).SequenceEqual(to.Bytes(kept)));
    }

    [Theory]
    [InlineData("BF16", 1.2, true)]
    [InlineData("BF16", 3, false)]
    [InlineData("F16", 1.2, false)]
    [InlineData("F32", 0.001, true)]
    [InlineData("F32", 0.01, false)]
    public void Judgement_OfADifference_DependsOnTheType(string type, double difference, bool usual)
    {
        MergeReport report = new(1, Untied: false, type, LargestLogit: 30, difference, ProbeTokens: 64);

        Assert.Equal(usual, report.IsUsual);
        Assert.StartsWith(usual ? "usual" : "more than usual", report.Judgement, StringComparison.Ordinal);
    }

    [Fact]
    public void Run_OutputTaken_IsRefusedAndLeftAlone()
    {
        using TempFolder folder = new();
        folder.Write("out/keep.txt", "mine");

        Assert.Throws<MttException>(() =>
            AdapterMerge.Run(Golden.Folder("llama"), Golden.Adapter("llama"), folder["out"], force: false)
        );

        Assert.Equal("mine", File.ReadAllText(folder["out/keep.txt"]));
        Assert.Single(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void Run_WrongAdapter_LeavesNothingBehind()
    {
        using TempFolder folder = new();

        Assert.Throws<MttException>(() =>
            AdapterMerge.Run(Golden.Folder("gemma2"), Golden.Adapter("llama"), folder["out"], force: false)
        );

        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    private static void CheckLogits(string name, string output)
    {
        using CausalLM model = CausalLM.Load(output, ScalarType.Float32, CPU);
        using SafetensorsFile expected = SafetensorsFile.Open(Golden.Expected(name, "logits_merged.safetensors"));
        int i = 0;
        foreach (
            var sequence in Golden
                .Json(Path.Combine(Golden.Folder(name), "batch.json"))
                .GetProperty("sequences")
                .EnumerateArray()
        )
        {
            int[] ids = sequence.GetProperty("input_ids").Ints();
            using DisposeScope scope = NewDisposeScope();
            using (no_grad())
            {
                using ForwardContext context = model.Prepare(SequenceLayout.Single(ids.Length));
                float[] logits = Tensors.ToArray(model.Logits(model.Forward(Tensors.Ids(ids, CPU), context), context));
                Assert.InRange(Golden.LargestDifference(logits, expected.Floats($"logits.merged.{i++}")), 0, 1e-4);
            }
        }
    }
}
