using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Preferences;

/// <summary>Whole runs of the preference objectives on a tiny reference model.</summary>
public class PreferenceRunTests
{
    [Theory]
    [InlineData("dpo", PairLossKind.Sigmoid, 0.6931471805599453)]
    [InlineData("dpo", PairLossKind.Ipo, 25)]
    [InlineData("kto", PairLossKind.Sigmoid, 0.5)]
    public void Execute_FreshAdapter_BeginsWhereNothingDiffers(string objective, PairLossKind kind, double expected)
    {
        using TempFolder folder = new();
        Run(folder["out"], objective, new() { Loss = kind }, PreferenceCase.Train(1));
        Assert.Equal(expected, Losses(folder["out"])[0], 1e-6);
    }

    [Theory]
    [InlineData("dpo")]
    [InlineData("simpo")]
    [InlineData("orpo")]
    [InlineData("kto")]
    public void Execute_ManySteps_SeparatesTheSidesInEveryTurn(string objective)
    {
        using TempFolder folder = new();
        PreferenceSettings settings = new() { SftWeight = 0.1 };
        TrainSettings train = PreferenceCase.Train(12) with { LearningRate = 1e-2, PerDeviceTrainBatchSize = 6 };
        TrainOutcome outcome = Run(folder["out"], objective, settings, train);

        Assert.Equal(TrainEnd.Finished, outcome.End);
        double[] losses = Losses(folder["out"]);
        Assert.True(losses[^1] < losses[0], $"{losses[0]} to {losses[^1]}");
        PreferenceMetrics[] steps = [.. MetricsLog.ReadPreferences(folder["out/preferences.jsonl"])];
        Assert.Equal(12, steps.Length);
        Assert.True(Margin(steps[^1].All) > Margin(steps[0].All));
        Assert.Equal([1, 2], steps[0].ByTurn.Keys.Order());
        Assert.Contains("Margin by turn", File.ReadAllText(folder["out/report.html"]), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("dpo")]
    [InlineData("kto")]
    public void Execute_ResumedRun_EndsWithTheSameBytes(string objective)
    {
        using TempFolder folder = new();
        PreferenceSettings settings = new() { TurnWeighting = TurnWeighting.Discount, SftWeight = 0.2 };
        Run(folder["whole"], objective, settings, PreferenceCase.Train(4));
        Run(folder["parts"], objective, settings, PreferenceCase.Train(4), stopAfter: 2);
        Run(folder["parts"], objective, settings, PreferenceCase.Train(4), resume: true);
        Assert.Equal(Adapter(folder["whole"]), Adapter(folder["parts"]));
        Assert.Equal(
            File.ReadAllLines(folder["whole/preferences.jsonl"]),
            File.ReadAllLines(folder["parts/preferences.jsonl"])
        );
    }

    [Fact]
    public void Execute_OtherCutsOfTheStep_GiveTheSameLosses()
    {
        using TempFolder folder = new();
        TrainSettings whole = PreferenceCase.Train(3) with { PerDeviceTrainBatchSize = 6, Shuffle = false };
        TrainSettings[] others =
        [
            whole with
            {
                PerDeviceTrainBatchSize = 2,
                GradientAccumulationSteps = 3,
            },
            whole with
            {
                Recompute = Recompute.Full,
            },
            whole with
            {
                Threads = 1,
            },
        ];
        foreach (string objective in (string[])["dpo", "kto", "orpo"])
        {
            PreferenceSettings settings = new() { SftWeight = 0.3 };
            // A step of kto is as many rows as one of dpo is pairs.
            Run(folder["whole"], objective, settings, whole);
            double[] expected = Losses(folder["whole"]);
            foreach (TrainSettings other in others)
            {
                Run(folder["other"], objective, settings, other);
                Assert.Equal(expected, Losses(folder["other"]), (a, b) => Math.Abs(a - b) <= 2e-5 * Math.Abs(a));
                Directory.Delete(folder["other"], recursive: true);
            }

            Directory.Delete(folder["whole"], recursive: true);
        }
    }

    [Fact]
    public void Execute_Packed_TrainsOnWholePairs()
    {
        using TempFolder folder = new();
        // Every pack takes two pairs of 9 and 10 tokens: three packs are the six pairs of a step.
        TrainSettings packed = PreferenceCase.Train(2) with
        {
            Packing = true,
            MaxLength = 40,
            PerDeviceTrainBatchSize = 3,
        };
        TrainSettings loose = PreferenceCase.Train(2) with { PerDeviceTrainBatchSize = 6 };
        Run(folder["packed"], "dpo", new(), packed);
        Run(folder["loose"], "dpo", new(), loose);
        Assert.Equal(
            Losses(folder["loose"]),
            Losses(folder["packed"]),
            (a, b) => Math.Abs(a - b) <= 2e-5 * Math.Abs(a)
        );
    }

    [Fact]
    public void Execute_StoredReference_GivesTheSameAndRefusesOtherRows()
    {
        using TempFolder folder = new();
        PreferenceSettings stored = new() { ReferenceFile = folder["reference.jsonl"] };
        Run(folder["live"], "dpo", new(), PreferenceCase.Train(3));
        Run(folder["written"], "dpo", stored, PreferenceCase.Train(3));
        Run(folder["read"], "dpo", stored, PreferenceCase.Train(3));
        Assert.Equal(
            Losses(folder["live"]),
            Losses(folder["written"]),
            (a, b) => Math.Abs(a - b) <= 2e-6 * Math.Abs(a)
        );
        Assert.Equal(Adapter(folder["written"]), Adapter(folder["read"]));

        MttException other = Assert.Throws<MttException>(() =>
            TrainingCase.Run(
                PreferenceCase.Request(
                    folder["other"],
                    "dpo",
                    stored,
                    PreferenceCase.Train(1),
                    [.. PreferenceCase.Pairs.Skip(1)]
                )
            )
        );
        Assert.Contains("of other rows", other.Message, StringComparison.Ordinal);

        string[] lines = File.ReadAllLines(folder["reference.jsonl"]);
        string header = lines[0].Replace("\"model\":\"", "\"model\":\"0", StringComparison.Ordinal);
        File.WriteAllLines(folder["reference.jsonl"], [header, .. lines[1..]]);
        MttException weights = Assert.Throws<MttException>(() =>
            Run(folder["weights"], "dpo", stored, PreferenceCase.Train(1))
        );
        Assert.Contains("of another base model", weights.Message, StringComparison.Ordinal);

        File.WriteAllLines(folder["reference.jsonl"], lines[..3]);
        MttException cut = Assert.Throws<MttException>(() =>
            Run(folder["cut"], "dpo", stored, PreferenceCase.Train(1))
        );
        Assert.Contains("ends after 2 of 12 rows", cut.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_SettingsThatContradict_AreRefusedByName()
    {
        using TempFolder folder = new();
        TrainRequest request = PreferenceCase.Request(folder["out"], "dpo", new(), PreferenceCase.Train(1));
        (TrainRequest Request, string Name)[] wrong =
        [
            (request with { Lora = request.Lora with { LoraDropout = 0.1 } }, "lora_dropout"),
            (request with { Train = request.Train with { ZLoss = 0.1 } }, "z_loss"),
            (request with { Train = request.Train with { FinetuningType = FinetuningType.Full } }, "finetuning_type"),
            (
                PreferenceCase.Request(
                    folder["out"],
                    "kto",
                    new(),
                    PreferenceCase.Train(1) with
                    {
                        PerDeviceTrainBatchSize = 1,
                    }
                ),
                "per_device_train_batch_size"
            ),
        ];
        foreach ((TrainRequest each, string name) in wrong)
        {
            MttException problem = Assert.Throws<MttException>(() => TrainingCase.Run(each with { Force = true }));
            Assert.Contains(name, problem.Message + problem.Remedy, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("dpo", "margin")]
    [InlineData("dpo", "kto_loss")]
    [InlineData("dpo", "turn_discount")]
    [InlineData("dpo", "desirable_weight")]
    [InlineData("simpo", "loss")]
    [InlineData("simpo", "reference")]
    [InlineData("simpo", "reference_file")]
    [InlineData("orpo", "label_smoothing")]
    [InlineData("kto", "label_smoothing")]
    [InlineData("kto", "undesirable_weight", true)]
    [InlineData("hinge", "label_smoothing")]
    [InlineData("ipo", "label_smoothing")]
    [InlineData("sigmoid", "label_smoothing", true)]
    public void Execute_SettingThatChangesNothing_IsRefusedByName(string objective, string name, bool counts = false)
    {
        using TempFolder folder = new();
        bool isLoss = Enum.TryParse(objective, ignoreCase: true, out PairLossKind kind);
        PreferenceSettings set = name switch
        {
            "margin" => new() { Margin = 1 },
            "kto_loss" => new() { KtoLoss = RowLossKind.ApoZeroUnpaired },
            "turn_discount" => new() { TurnDiscount = 0.5 },
            "desirable_weight" => new() { DesirableWeight = 2 },
            "undesirable_weight" => new() { UndesirableWeight = 2 },
            "loss" => new() { Loss = PairLossKind.Ipo },
            "reference" => new() { Reference = PreferenceReference.None },
            "reference_file" => new() { ReferenceFile = folder["reference.jsonl"] },
            _ => new() { LabelSmoothing = 0.1 },
        };
        PreferenceSettings settings = isLoss ? set with { Loss = kind } : set;
        TrainOutcome Execute() => Run(folder["out"], isLoss ? "dpo" : objective, settings, PreferenceCase.Train(1));
        if (counts)
        {
            Assert.Equal(TrainEnd.Finished, Execute().End);
        }
        else
        {
            Assert.Contains($"preference.{name} changes nothing", Assert.Throws<MttException>(Execute).Message);
        }
    }

    [Fact]
    public void Execute_OtherWeightsOfTheSameShape_AreRefusedForAdapterAndReference()
    {
        using TempFolder folder = new();
        PreferenceSettings stored = new() { ReferenceFile = folder["reference.jsonl"] };
        Run(folder["first"], "dpo", stored, PreferenceCase.Train(1));
        string other = folder["other-model"];
        Directory.CreateDirectory(other);
        foreach (string path in Directory.GetFiles(TrainingCase.Model("llama")))
        {
            File.Copy(path, Path.Combine(other, Path.GetFileName(path)));
        }

        TrainRequest again = PreferenceCase.Request(folder["out"], "dpo", new(), PreferenceCase.Train(1)) with
        {
            InitAdapter = folder["first"],
            Lora = new LoraSettings(),
        };
        // The same weights in another folder are the same base.
        Assert.Equal(TrainEnd.Finished, TrainingCase.Run(again with { Model = other }).End);

        using (FileStream weights = File.OpenWrite(Path.Combine(other, "model.safetensors")))
        {
            weights.Seek(-2, SeekOrigin.End);
            weights.WriteByte(0x3d);
        }

        MttException adapter = Assert.Throws<MttException>(() =>
            TrainingCase.Run(again with { Model = other, Force = true })
        );
        Assert.Contains($"{folder["first"]}: was trained on other weights", adapter.Message, StringComparison.Ordinal);
        TrainRequest request = PreferenceCase.Request(folder["out"], "dpo", stored, PreferenceCase.Train(1));
        MttException reference = Assert.Throws<MttException>(() =>
            TrainingCase.Run(request with { Model = other, Force = true })
        );
        Assert.Contains(
            $"{folder["reference.jsonl"]}:1: its log-probabilities are of another base model",
            reference.Message,
            StringComparison.Ordinal
        );
        TrainSettings half = PreferenceCase.Train(1) with { Dtype = TrainingDtype.Bfloat16 };
        MttException type = Assert.Throws<MttException>(() =>
            TrainingCase.Run(request with { Train = half, Force = true })
        );
        Assert.Contains("compute type", type.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Execute_AdapterThatWentOn_IsComparedWithTheBase()
    {
        using TempFolder folder = new();
        TrainSettings train = PreferenceCase.Train(3) with { LearningRate = 1e-2, Shuffle = false };
        Run(folder["first"], "dpo", new(), train);
        TrainRequest on = PreferenceCase.Request(folder["on"], "dpo", new(), train) with
        {
            InitAdapter = folder["first"],
            Lora = new LoraSettings(),
        };
        TrainingCase.Run(on);

        // A reference that began as the adapter would give ln 2.
        Assert.True(Losses(folder["on"])[0] < Math.Log(2) - 0.01, $"{Losses(folder["on"])[0]}");
    }

    private static double Margin(PreferencePart part) => part.RewardsMargins!.Value;

    private static byte[] Adapter(string output) =>
        File.ReadAllBytes(Path.Combine(output, "adapter_model.safetensors"));

    private static double[] Losses(string output) =>
        [.. TrainingCase.Metrics(output).Select(step => step.GetProperty("loss").GetDouble())];

    private static TrainOutcome Run(
        string output,
        string objective,
        PreferenceSettings settings,
        TrainSettings train,
        int? stopAfter = null,
        bool resume = false
    )
    {
        using CancellationTokenSource stop = new();
        TrainRequest request = PreferenceCase.Request(output, objective, settings, train) with
        {
            Resume = resume ? "auto" : null,
        };
        return TrainingRun.Execute(request, new Observer(stop, stopAfter), TimeProvider.System, stop.Token);
    }

    /// <summary>Asks to stop after a step.</summary>
    private sealed class Observer(CancellationTokenSource stop, int? after) : ITrainingObserver
    {
        public void Stepped(StepMetrics metrics)
        {
            if (metrics.Step == after)
            {
                stop.Cancel();
            }
        }

        public void Warned(string message) => Assert.Fail(message);
    }
}
