using System.Text.Json;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Training.Distillation;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Training.Tests.Distillation;

/// <summary>Divergences, their clipped means and the adapter's gradients against the reference cases.</summary>
public class DivergenceHeadTests
{
    public static TheoryData<string, string, double> Kinds
    {
        get
        {
            TheoryData<string, string, double> data = [];
            foreach (string name in DistillationGolden.Cases.Select(row => row.Data))
            {
                data.Add(name, "kl_ref_student", 0);
                data.Add(name, "kl_student_ref", 1);
                data.Add(name, "jsd", 0.5);
            }

            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void Compare_Golden_GivesDivergencesAndGradients(string name, string kind, double beta)
    {
        using DistillationGolden golden = new(name);
        JsonElement pair = golden.Json.GetProperty("pair");
        DivergenceResult result = Run(golden, pair, beta, double.PositiveInfinity);
        float[] expected = [.. pair.GetProperty(kind).EnumerateArray().Select(value => value.GetSingle())];
        Assert.Equal(expected.Length, result.Divergences.Length);
        Assert.All(expected.Zip(result.Divergences), both => Assert.Equal(both.First, both.Second, 2e-5f));
        golden.AssertGradients($"distill_grads_{kind}.safetensors");
    }

    [Theory]
    [MemberData(nameof(DistillationGolden.Cases), MemberType = typeof(DistillationGolden))]
    public void Compare_GoldenWithClip_CapsTokensAndTheirGradients(string name)
    {
        using DistillationGolden golden = new(name);
        JsonElement pair = golden.Json.GetProperty("pair");
        double clip = golden.Json.GetProperty("clip").GetProperty("jsd").GetDouble();
        DivergenceResult result = Run(golden, pair, 0.5, clip);
        double mean = pair.GetProperty("mean_clipped").GetProperty("jsd").GetDouble();
        Assert.Equal(mean, result.ClippedSum / result.Divergences.Length, 2e-5);
        golden.AssertGradients("distill_grads_jsd_clipped.safetensors");
    }

    [Theory]
    [MemberData(nameof(DistillationGolden.Cases), MemberType = typeof(DistillationGolden))]
    public void TokenLogProbabilities_Golden_GiveDeltasWeightsAndMiddleLosses(string name)
    {
        using DistillationGolden golden = new(name);
        JsonElement maigo = golden.Json.GetProperty("maigo");
        double epsilon = maigo.GetProperty("epsilon").GetDouble();
        foreach (JsonElement trajectory in maigo.GetProperty("trajectories").EnumerateArray())
        {
            List<double> deltas = [];
            foreach (JsonElement turn in trajectory.GetProperty("turns").EnumerateArray())
            {
                if (!turn.GetProperty("eligible").GetBoolean())
                {
                    continue;
                }

                using DisposeScope scope = NewDisposeScope();
                deltas.Add(Delta(golden, turn));
                Assert.Equal(turn.GetProperty("delta").GetDouble(), deltas[^1], 2e-5);
                double weight = ReliabilityWeight.Compute(deltas, epsilon);
                Assert.Equal(turn.GetProperty("w").GetDouble(), weight, 1e-4);
                DivergenceResult result = Run(golden, turn, 0.5, double.PositiveInfinity);
                double loss = weight * result.Divergences.Average();
                Assert.Equal(turn.GetProperty("L_mid").GetDouble(), loss, 2e-5);
            }
        }
    }

    [Fact]
    public void Compare_InPieces_GivesTheSame()
    {
        using DisposeScope scope = NewDisposeScope();
        manual_seed(5);
        Tensor student = randn([7, 4]);
        Tensor reference = randn([7, 4]);
        Tensor head = randn([11, 4]);
        Tensor wholeHead = zeros_like(head);
        Tensor piecedHead = zeros_like(head);
        (Tensor whole, DivergenceResult one) = new DivergenceHead(null).Compare(
            student,
            head,
            reference,
            head,
            0.5,
            0.1,
            1,
            wholeHead
        );
        (Tensor pieces, DivergenceResult many) = new DivergenceHead(null, mostElements: 22).Compare(
            student,
            head,
            reference,
            head,
            0.5,
            0.1,
            1,
            piecedHead
        );
        Assert.All(one.Divergences.Zip(many.Divergences), both => Assert.Equal(both.First, both.Second, 1e-6f));
        Assert.Equal(one.ClippedSum, many.ClippedSum, 6);
        Assert.True(whole.allclose(pieces));
        Assert.True(wholeHead.allclose(piecedHead, 1e-5, 1e-6));
    }

    private static double Delta(DistillationGolden golden, JsonElement turn)
    {
        DivergenceHead head = new(golden.Model.Config.LogitSoftcap);
        int[] reply = Ints(turn, "reply");
        float[] student = head.ScoreTokens(
            Hidden(golden.Model, golden.Adapter, Ints(turn, "student_context"), reply),
            golden.Model.HeadWeight(golden.Adapter),
            reply
        );
        float[] reference = head.ScoreTokens(
            Hidden(golden.Model, null, Ints(turn, "reference_context"), reply),
            golden.Model.HeadWeight(null),
            reply
        );
        return student.Zip(reference, (s, r) => (double)s - r).Average();
    }

    private static DivergenceResult Run(DistillationGolden golden, JsonElement pair, double beta, double clip)
    {
        using DisposeScope scope = NewDisposeScope();
        CausalLM model = golden.Model;
        int[] reply = Ints(pair, "reply");
        Tensor student = Hidden(model, golden.Adapter, Ints(pair, "student_context"), reply);
        Tensor reference = Hidden(model, null, Ints(pair, "reference_context"), reply).detach();
        Tensor head = model.HeadWeight(golden.Adapter);
        Tensor? headGradient = head.requires_grad ? zeros_like(head) : null;
        golden.Adapter.Parameters.Gradient.zero_();
        (Tensor gradient, DivergenceResult result) = new DivergenceHead(model.Config.LogitSoftcap).Compare(
            student.detach(),
            head.detach(),
            reference,
            model.HeadWeight(null),
            beta,
            clip,
            1.0 / reply.Length,
            headGradient
        );
        student.backward([gradient]);
        if (headGradient is not null)
        {
            head.backward([headGradient]);
        }

        return result;
    }

    private static Tensor Hidden(CausalLM model, LoraAdapter? adapter, int[] context, int[] reply)
    {
        int[] ids = [.. context, .. reply];
        using ForwardContext forward = model.Prepare(SequenceLayout.Single(ids.Length), adapter);
        Tensor tokens = tensor(Array.ConvertAll(ids, id => (long)id));
        return model.Forward(tokens, forward).narrow(0, context.Length - 1, reply.Length);
    }

    private static int[] Ints(JsonElement item, string key) =>
        [.. item.GetProperty(key).EnumerateArray().Select(value => value.GetInt32())];
}
