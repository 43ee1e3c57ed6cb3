using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Lora;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Architectures;

public class CausalLMTests
{
    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    [InlineData("phi3")]
    public void Forward_OfSomeRows_EqualsThoseRowsOfTheWholeAndTheirGradient(string name)
    {
        using DisposeScope scope = NewDisposeScope();
        using CausalLM model = CausalLM.Load(Golden.Folder(name), ScalarType.Float32, CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, Golden.Adapter(name));
        using ForwardContext context = model.Prepare(new SequenceLayout([5, 3]), adapter);
        Tensor ids = Tensors.Ids([1, 2, 3, 4, 5, 6, 7, 8], CPU);
        Tensor rows = tensor(new long[] { 2, 3, 7 });

        Tensor whole = model.Forward(ids, context).index_select(0, rows);
        whole.square().sum().backward();
        Tensor expected = adapter.Parameters.Gradient.clone();
        using (no_grad())
        {
            adapter.Parameters.Gradient.zero_();
        }

        Tensor some = model.Forward(ids, context, rows);
        some.square().sum().backward();

        Assert.InRange((whole - some).abs().max().item<float>(), 0, 1e-5f);
        float scale = expected.abs().max().item<float>();
        Assert.True(scale > 0);
        Assert.InRange((expected - adapter.Parameters.Gradient).abs().max().item<float>() / scale, 0, 1e-5f);
    }

    [Theory]
    [InlineData("""{"vocab_size":65}""", "has shape [64, 32], config.json asks for [65, 32]")]
    [InlineData("""{"num_hidden_layers":3}""", "lack 'model.layers.2.")]
    [InlineData("""{"num_hidden_layers":1}""", "hold 'model.layers.1.")]
    [InlineData("""{"attention_bias":true}""", "lack 'model.layers.0.self_attn.q_proj.bias'")]
    [InlineData("""{"tie_word_embeddings":true}""", null)]
    [InlineData("""{"model_type":"qwen3"}""", "lack 'model.layers.0.self_attn.q_norm.weight'")]
    [InlineData("""{"head_dim":8}""", "q_proj.weight' has shape")]
    public void Load_ConfigurationOfOtherWeights_SaysWhatDoesNotFit(string changes, string? reason)
    {
        using TempFolder folder = new();
        TestModels.Write(folder["a"], "llama");
        TestModels.Write(folder["b"], "llama", changes);
        File.Copy(folder["b/config.json"], folder["a/config.json"], overwrite: true);

        if (reason is null)
        {
            CausalLM.Load(folder["a"], ScalarType.Float32, CPU).Dispose();
            return;
        }

        MttException problem = Assert.Throws<MttException>(() => CausalLM.Load(folder["a"], ScalarType.Float32, CPU));
        Assert.Contains(reason, problem.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Load_HeadDimensionUnsaid_FollowsTheWeights()
    {
        using TempFolder folder = new();
        TestModels.Write(folder.Path, "gemma2");
        string config = File.ReadAllText(folder["config.json"]);
        folder.Write("config.json", config.Replace("\"head_dim\": 16,", "", StringComparison.Ordinal));

        using CausalLM model = CausalLM.Load(folder.Path, ScalarType.Float32, CPU);

        Assert.Equal(16, model.Config.HeadDimension);
    }

    [Fact]
    public void Forward_ManyBlocksOfQueries_EqualsOneByOne()
    {
        // 600 tokens are three blocks; a prefix of each length inside them must give the same last hidden state.
        foreach (string changes in (string[])["{}", """{"sliding_window":300}"""])
        {
            using TempFolder folder = new();
            TestModels.Write(folder.Path, "mistral", changes);
            using CausalLM model = CausalLM.Load(folder.Path, ScalarType.Float32, CPU);
            int[] ids = [.. Enumerable.Range(0, 600).Select(i => i * 7 % 64)];
            float[] whole = Hidden(model, ids);
            foreach (int length in (int[])[1, 255, 256, 257, 301, 512, 513])
            {
                float[] part = Hidden(model, ids[..length]);
                double difference = Golden.LargestDifference(part, whole.AsSpan(0, part.Length));
                Assert.InRange(difference, 0, 2e-5);
            }
        }
    }

    [Fact]
    public void Prepare_WithDropout_RepeatsItsMasksBySeed()
    {
        using CausalLM model = CausalLM.Load(Golden.Folder("llama"), ScalarType.Float32, CPU);
        LoraConfig config = new() { TargetPattern = LoraTargets.AllLinear, Dropout = 0.5 };
        using LoraAdapter adapter = LoraAdapter.Create(model, config, 1);
        using (no_grad())
        {
            adapter.Parameters.Flat.add_(0.1);
        }

        float[] first = Hidden(model, [1, 2, 3, 4], adapter, 7);

        Assert.Equal(first, Hidden(model, [1, 2, 3, 4], adapter, 7));
        Assert.NotEqual(first, Hidden(model, [1, 2, 3, 4], adapter, 8));
        Assert.NotEqual(first, Hidden(model, [1, 2, 3, 4], adapter));
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    [InlineData("phi3")]
    public void Forward_InBf16_StaysNearFloat32(string name)
    {
        using CausalLM wide = CausalLM.Load(Golden.Folder(name), ScalarType.Float32, CPU);
        using CausalLM narrow = CausalLM.Load(Golden.Folder(name), ScalarType.BFloat16, CPU);
        int[] ids = [1, 7, 33, 90, 3, 11, 56, 7];

        double difference = Hidden(narrow, ids).Zip(Hidden(wide, ids), (a, b) => Math.Abs((double)a - b)).Average();

        Assert.InRange(difference, 1e-4, 0.05);
    }

    private static float[] Hidden(CausalLM model, int[] ids, Adapter? adapter = null, ulong? seed = null)
    {
        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            using ForwardContext context = model.Prepare(SequenceLayout.Single(ids.Length), adapter, seed);
            using Tensor tokens = Tensors.Ids(ids, CPU);
            return Tensors.ToArray(model.Forward(tokens, context));
        }
    }
}
