using System.Text.Json;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Models.Safetensors;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Preferences;
using MultiTurnTrainer.Training.Settings;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Training.Tests.Preferences;

/// <summary>Whole steps against TRL's trainers: loss and every gradient of the adapter, however the step is cut.</summary>
public class PreferenceGoldenTests
{
    public static MatrixTheoryData<string, int, Recompute> Cases =>
        new(
            [
                "dpo-sigmoid",
                "dpo-ipo",
                "dpo-sigmoid-norm",
                "dpo-sigmoid-sft",
                "simpo",
                "simpo-trl-default-nll",
                "orpo-completion-nll",
                "kto",
                "kto-apo-zero-unpaired",
            ],
            [1, 3, 8],
            [Recompute.Off, Recompute.Full]
        );

    [Theory]
    [MemberData(nameof(Cases))]
    public void Accumulate_TrlsPairs_GivesItsLossAndGradients(string run, int batch, Recompute recompute)
    {
        JsonElement expected = JsonElement.Parse(
            File.ReadAllBytes(SharedData.Path("peers", "preferences", "end-to-end", "expected.json"))
        );
        JsonElement golden = expected.GetProperty("runs").GetProperty(run);
        JsonElement setting = golden.GetProperty("setting");
        Objective objective = ObjectiveNames.Parse(run.Split('-')[0]);
        PreferenceSettings settings = new PreferenceSettings
        {
            Loss =
                run.Contains("ipo", StringComparison.Ordinal) && objective == Objective.Dpo ? PairLossKind.Ipo
                : run == "dpo-sigmoid-norm" ? PairLossKind.SigmoidNorm
                : PairLossKind.Sigmoid,
            KtoLoss = run == "kto" ? RowLossKind.Kto : RowLossKind.ApoZeroUnpaired,
            Beta = setting.GetProperty("beta").GetDouble(),
            SftWeight =
                run == "dpo-sigmoid-sft" ? 0.5
                : run == "simpo-trl-default-nll" ? 1
                : null,
        }.For(objective);
        using CausalLM model = CausalLM.Load(TrainingCase.Model("llama"), ScalarType.Float32, CPU);
        using LoraAdapter adapter = LoraAdapter.Load(model, TrainingCase.Adapter("llama"));
        adapter.Parameters.Gradient.zero_();
        PreferenceData data = new(objective, PreferenceCase.GoldenPairs(expected), [], settings);
        PreferencePass pass = new(model, adapter, new TrainSettings(), recompute);
        PairLoss loss = new(objective, settings);
        ReferenceScores reference = ReferenceScores.Create(
            settings with
            {
                Reference = objective is Objective.Dpo or Objective.Kto
                    ? PreferenceReference.Base
                    : PreferenceReference.None,
            },
            pass,
            data.Rows,
            batch,
            new ReferenceIdentity("", "", "")
        );
        double found =
            objective == Objective.Kto
                ? Step(new KtoObjective(data, loss, pass, reference, settings), data.Units, batch)
                : Step(new PairObjective(data, null, loss, pass, reference, settings), data.Units, batch);

        double wanted = golden.GetProperty("loss").GetDouble();
        Assert.Equal(wanted, found, 1e-5 * Math.Abs(wanted));
        using SafetensorsFile gradients = SafetensorsFile.Open(
            SharedData.Path("peers", "preferences", "end-to-end", $"grads.{run}.safetensors")
        );
        double limit = 3e-5 * golden.GetProperty("largest_grad").GetDouble();
        foreach (Parameter parameter in adapter.Parameters.All)
        {
            float[] want = gradients.Values<float>(parameter.Name).ToArray();
            float[] have = parameter.Gradient.contiguous().data<float>().ToArray();
            double worst = want.Zip(have, (a, b) => Math.Abs(a - b)).Max();
            Assert.True(worst <= limit, $"{parameter.Name}: {worst} of {limit}");
        }
    }

    private static double Step<TBatch>(IObjective<TBatch> objective, int units, int size)
        where TBatch : IMicroBatch
    {
        TBatch[] batches = [.. Enumerable.Range(0, units).Chunk(size).Select(objective.Prepare)];
        double normalizer = batches.Sum(batch => batch.Normalizer);
        objective.Begin(batches);
        return batches.Sum(batch => objective.Accumulate(batch, normalizer, 1).LossSum) / normalizer;
    }
}
