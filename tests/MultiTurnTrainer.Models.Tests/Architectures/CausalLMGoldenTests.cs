using System.Text.Json;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Models.Generation;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Models.Tests.Architectures;

/// <summary>Logits, losses and gradients against the reference, for every family and rotary variant.</summary>
public class CausalLMGoldenTests(ITestOutputHelper output)
{
    private const double LogitTolerance = 1e-4;
    private const double TokenLossTolerance = 2e-5;
    private const double LossTolerance = 1e-5;
    private const double GradientTolerance = 1e-4;

    public static TheoryData<string> Cases => Golden.Cases;

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_EachSequence_GivesTheReferenceLogits(string name)
    {
        using CausalLM model = CausalLM.Load(Golden.Folder(name), ScalarType.Float32, CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, Golden.Adapter(name));
        using SafetensorsFile expected = SafetensorsFile.Open(Golden.Expected(name, "logits.safetensors"));
        JsonElement batch = Golden.Json(Path.Combine(Golden.Folder(name), "batch.json"));
        int i = 0;
        foreach (JsonElement sequence in batch.GetProperty("sequences").EnumerateArray())
        {
            int[] ids = sequence.GetProperty("input_ids").Ints();
            foreach ((string kind, Adapter? over) in new[] { ("base", (Adapter?)null), ("adapter", adapter) })
            {
                float[] logits = Logits(model, over, [ids]);
                double difference = Golden.LargestDifference(logits, expected.Floats($"logits.{kind}.{i}"));
                output.WriteLine($"{name} {kind} {i}: {difference:e1}");
                Assert.InRange(difference, 0, LogitTolerance);
            }

            i++;
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Forward_PackedSequences_GivesTheSameLogits(string name)
    {
        using CausalLM model = CausalLM.Load(Golden.Folder(name), ScalarType.Float32, CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, Golden.Adapter(name));
        using SafetensorsFile expected = SafetensorsFile.Open(Golden.Expected(name, "logits.safetensors"));
        int[][] ids = Sequences(name);
        foreach ((string kind, Adapter? over) in new[] { ("base", (Adapter?)null), ("adapter", adapter) })
        {
            float[] logits = Logits(model, over, ids);
            float[] wanted =
            [
                .. Enumerable.Range(0, ids.Length).SelectMany(i => expected.Floats($"logits.{kind}.{i}")),
            ];
            double difference = Golden.LargestDifference(logits, wanted);
            output.WriteLine($"{name} packed {kind}: {difference:e1}");
            Assert.InRange(difference, 0, LogitTolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Score_EachSequence_GivesTheReferenceLosses(string name)
    {
        using CausalLM model = CausalLM.Load(Golden.Folder(name), ScalarType.Float32, CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, Golden.Adapter(name));
        using SafetensorsFile expected = SafetensorsFile.Open(Golden.Expected(name, "logits.safetensors"));
        JsonElement figures = Golden.Json(Golden.Expected(name, "expected.json"));
        JsonElement batch = Golden.Json(Path.Combine(Golden.Folder(name), "batch.json"));
        foreach ((string kind, Adapter? over) in new[] { ("base", (Adapter?)null), ("adapter", adapter) })
        {
            Scorer scorer = new(model, over);
            double sum = 0;
            int count = 0;
            int i = 0;
            foreach (JsonElement sequence in batch.GetProperty("sequences").EnumerateArray())
            {
                int[] labels = sequence.GetProperty("labels").Ints();
                Score score = scorer.Run(sequence.GetProperty("input_ids").Ints(), labels, null);
                float[] losses =
                [
                    .. score.LogProbs.Select((value, t) => t == 0 || labels[t] == Scorer.Ignored ? 0 : -value),
                ];
                double difference = Golden.LargestDifference(losses, expected.Floats($"token_loss.{kind}.{i}"));
                Assert.InRange(difference, 0, TokenLossTolerance);
                sum += score.Loss * score.SupervisedTokens;
                count += score.SupervisedTokens;
                i++;
            }

            JsonElement wanted = figures.GetProperty(kind);
            Assert.Equal(wanted.GetProperty("supervised_tokens").GetInt32(), count);
            Assert.Equal(wanted.GetProperty("loss").GetDouble(), sum / count, LossTolerance);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void Backward_OfThePackedBatch_GivesTheReferenceGradients(string name)
    {
        using CausalLM model = CausalLM.Load(Golden.Folder(name), ScalarType.Float32, CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, Golden.Adapter(name));
        JsonElement figures = Golden.Json(Golden.Expected(name, "expected.json")).GetProperty("adapter");
        foreach (bool weighted in (bool[])[false, true])
        {
            string suffix = weighted ? "_weighted" : "";
            adapter.Parameters.Gradient.zero_();
            Backward(model, adapter, name, weighted);
            using SafetensorsFile expected = SafetensorsFile.Open(Golden.Expected(name, $"grads{suffix}.safetensors"));
            Assert.Equal(
                expected.Entries.Keys.Order(StringComparer.Ordinal),
                adapter.Parameters.All.Select(parameter => parameter.Name).Order(StringComparer.Ordinal)
            );
            double worst = 0;
            foreach (Parameter parameter in adapter.Parameters.All)
            {
                float[] wanted = expected.Floats(parameter.Name);
                float[] found = Tensors.ToArray(parameter.Gradient);
                worst = Math.Max(worst, Golden.LargestDifference(found, wanted) / wanted.Max(Math.Abs));
            }

            output.WriteLine($"{name} grads{suffix}: {worst:e1}");
            Assert.InRange(worst, 0, GradientTolerance);
            double norm = adapter.Parameters.Gradient.norm().item<float>();
            double wantedNorm = figures.GetProperty($"grads{suffix}_norm").GetDouble();
            Assert.InRange(Math.Abs((norm / wantedNorm) - 1), 0, 1e-5);
        }
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void InverseFrequencies_OfTheTrace_AreEqual(string name)
    {
        ModelConfig config = ModelConfigReader.ReadFolder(Golden.Folder(name));
        using SafetensorsFile trace = SafetensorsFile.Open(Golden.Expected(name, "trace_base_seq0.safetensors"));
        float[] wanted = trace.Floats("inv_freq");

        float[] found = RopeFrequencies.ComputeInverse(config.Ropes[0]!, 21);

        Assert.Equal(wanted.Length, found.Length);
        Assert.All(wanted.Zip(found), pair => Assert.InRange((pair.Second / pair.First) - 1, -1e-6, 1e-6));
    }

    private static int[][] Sequences(string name) =>
        [
            .. Golden
                .Json(Path.Combine(Golden.Folder(name), "batch.json"))
                .GetProperty("sequences")
                .EnumerateArray()
                .Select(sequence => sequence.GetProperty("input_ids").Ints()),
        ];

    private static float[] Logits(CausalLM model, Adapter? adapter, int[][] ids)
    {
        using DisposeScope scope = NewDisposeScope();
        using (no_grad())
        {
            using ForwardContext context = model.Prepare(new SequenceLayout(ids.Select(row => row.Length)), adapter);
            using Tensor tokens = Tensors.Ids([.. ids.SelectMany(row => row)], CPU);
            return Tensors.ToArray(model.Logits(model.Forward(tokens, context), context));
        }
    }

    private static void Backward(CausalLM model, LoraAdapter adapter, string name, bool weighted)
    {
        JsonElement packed = Golden.Json(Path.Combine(Golden.Folder(name), "batch.json")).GetProperty("packed");
        int[] ids = packed.GetProperty("input_ids").Ints();
        int[] labels = packed.GetProperty("labels").Ints();
        float[] weights = packed.GetProperty("weights").Floats();
        SequenceLayout layout = SequenceLayout.FromStarts(packed.GetProperty("cu_seqlens").Ints());
        List<int> rows = [];
        for (int t = 1; t < ids.Length; t++)
        {
            if (labels[t] != Scorer.Ignored && !layout.Starts.Contains(t))
            {
                rows.Add(t - 1);
            }
        }

        using DisposeScope scope = NewDisposeScope();
        using ForwardContext context = model.Prepare(layout, adapter);
        Tensor hidden = model.Forward(Tensors.Ids(ids, CPU), context).index_select(0, Tensors.Ids([.. rows], CPU));
        Tensor losses = -model
            .Logits(hidden, context)
            .log_softmax(-1)
            .gather(1, Tensors.Ids([.. rows.Select(row => labels[row + 1])], CPU).unsqueeze(1))
            .squeeze(1);
        float[] own = [.. rows.Select(row => weighted ? weights[row + 1] : 1)];
        Tensor factors = Tensors.From(own, [own.Length], ScalarType.Float32, CPU);
        ((losses * factors).sum() / own.Sum(value => (double)value)).backward();
    }
}
