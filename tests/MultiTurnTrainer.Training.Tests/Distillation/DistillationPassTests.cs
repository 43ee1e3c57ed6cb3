using System.Text.Json;
using MultiTurnTrainer.Training.Distillation;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Distillation;

/// <summary>
/// The pass of a step against the reference cases: contexts of different lengths, several replies packed, the
/// reference's side without gradient.
/// </summary>
public class DistillationPassTests
{
    [Theory]
    [InlineData("llama", "kl_ref_student", 0, double.PositiveInfinity)]
    [InlineData("llama", "kl_student_ref", 1, double.PositiveInfinity)]
    [InlineData("qwen3", "jsd", 0.5, double.PositiveInfinity)]
    [InlineData("gemma2", "jsd", 0.5, double.PositiveInfinity)]
    [InlineData("mistral", "jsd", 0.5, 0)]
    public void Run_Golden_GivesLossAndGradients(string name, string kind, double beta, double clip)
    {
        using DistillationGolden golden = new(name);
        bool clipped = clip == 0;
        clip = clipped ? golden.Json.GetProperty("clip").GetProperty(kind).GetDouble() : clip;
        DistillationPass pass = new(golden.Model, golden.Adapter, clip, Recompute.Off);
        golden.Adapter.Parameters.Gradient.zero_();

        // Another reply before it: places in the pack must not matter, and it counts nothing.
        ScoredReply other = new("other", [9, 8], [7, 6, 5, 4], [3, 2], beta, 0);
        double loss = pass.Run([other, Pair(golden, beta)], reference: null, normalizer: 1, seed: 1);

        string mean = clipped ? "mean_clipped" : "mean";
        Assert.Equal(golden.Json.GetProperty("pair").GetProperty(mean).GetProperty(kind).GetDouble(), loss, 2e-5);
        golden.AssertGradients($"distill_grads_{kind}{(clipped ? "_clipped" : "")}.safetensors");
        int over = clipped ? golden.Json.GetProperty("pair").GetProperty("jsd_tokens_clipped").GetInt32() : 0;
        Assert.InRange(pass.ClippedTokens, over, over + other.Reply.Length);
        Assert.Equal(Pair(golden, beta).Reply.Length + other.Reply.Length, pass.Tokens);
    }

    [Fact]
    public void Run_Reference_GetsNoGradient()
    {
        using DistillationGolden golden = new("llama");
        using EmaReference reference = new(golden.Model, golden.Adapter, 0.99);
        DistillationPass pass = new(golden.Model, golden.Adapter, 1, Recompute.Off);
        double loss = pass.Run([Pair(golden, 1)], reference.Adapter, 1, 1);
        Assert.True(loss > 0);
        Assert.Equal(0, reference.Adapter.Parameters.Gradient.abs().max().item<float>());
        Assert.NotEqual(0, golden.Adapter.Parameters.Gradient.abs().max().item<float>());
    }

    [Fact]
    public void Deltas_Golden_AreMeanLogRatiosOfTheSampledTokens()
    {
        using DistillationGolden golden = new("qwen3");
        DistillationPass pass = new(golden.Model, golden.Adapter, 1, Recompute.Off);
        JsonElement pair = golden.Json.GetProperty("pair");
        double expected = Numbers(pair, "logp_student").Zip(Numbers(pair, "logp_reference"), (s, r) => s - r).Average();
        IReadOnlyList<double> deltas = pass.ComputeDeltas([Pair(golden, 1), Pair(golden, 1)], reference: null);
        Assert.Equal(expected, deltas[0], 2e-5);
        Assert.Equal(expected, deltas[1], 2e-5);
    }

    [Fact]
    public void Run_FewTokensAtATime_GivesTheSame()
    {
        using DistillationGolden golden = new("qwen3");
        ScoredReply[] replies =
        [
            new("other", [9, 8], [7, 6, 5, 4], [3, 2], 0.5, 1),
            Pair(golden, 1),
            Pair(golden, 0.5),
        ];
        DistillationPass whole = new(golden.Model, golden.Adapter, 1, Recompute.Off);
        DistillationPass pieces = new(golden.Model, golden.Adapter, 1, Recompute.Off, mostTokens: 8);
        Assert.Equal(whole.Run(replies, null, 1, 1), pieces.Run(replies, null, 1, 1), 1e-5);
        Assert.All(
            whole.ComputeDeltas(replies, null).Zip(pieces.ComputeDeltas(replies, null)),
            both => Assert.Equal(both.First, both.Second, 1e-5)
        );
    }

    private static ScoredReply Pair(DistillationGolden golden, double beta)
    {
        JsonElement pair = golden.Json.GetProperty("pair");
        int[] Ids(string name) => [.. pair.GetProperty(name).EnumerateArray().Select(id => id.GetInt32())];
        return new ScoredReply("pair", Ids("student_context"), Ids("reference_context"), Ids("reply"), beta, 1);
    }

    private static IEnumerable<double> Numbers(JsonElement item, string key) =>
        item.GetProperty(key).EnumerateArray().Select(value => value.GetDouble());
}
