using System.Text.Json;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Files.Json;
using MultiTurnTrainer.Models.Safetensors;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Loop;

public class TrainingRunTests
{
    private const string _case = "llama-linear-rope";

    [Fact]
    public void Execute_StoppedAndResumed_GivesTheSameBytes()
    {
        using TempFolder folder = new();
        TrainSettings settings = Dropout();
        TrainRequest whole = New(folder, "whole", settings);
        TrainingCase.Run(whole);

        TrainRequest parts = New(folder, "parts", settings);
        using CancellationTokenSource stop = new();
        stop.Cancel();
        Assert.Equal(TrainEnd.Stopped, TrainingCase.Run(parts, stop.Token).End);
        TrainOutcome end = TrainingCase.Run(parts with { Resume = "auto" });

        Assert.Equal(TrainEnd.Finished, end.End);
        Assert.Equal(Adapter(whole), Adapter(parts));
    }

    [Fact]
    public void Execute_ResumedFromACheckpointInTheMiddle_GivesTheSameBytes()
    {
        using TempFolder folder = new();
        TrainSettings settings = Dropout() with { SaveSteps = 3, SaveTotalLimit = 10 };
        TrainRequest whole = New(folder, "whole", settings);
        TrainingCase.Run(whole);
        byte[] first = Adapter(whole);

        string checkpoint = Path.Combine(whole.Output, "checkpoints", "step-00000006");
        TrainingCase.Run(whole with { Resume = checkpoint });

        Assert.Equal(first, Adapter(whole));
        Assert.Equal(10, TrainingCase.Metrics(whole.Output).Count);
    }

    [Fact]
    public void Execute_AFinishedRunGoesOnAndIsStopped_IsNotFinishedAnyMore()
    {
        using TempFolder folder = new();
        TrainRequest request = New(folder, "whole", Dropout() with { SaveSteps = 3, SaveTotalLimit = 10 });
        TrainingCase.Run(request);
        Assert.True(File.Exists(Manifest.PathFor(request.Output)));

        using CancellationTokenSource stop = new();
        string checkpoint = Path.Combine(request.Output, "checkpoints", "step-00000006");
        TrainEnd end = TrainingCase.Run(request with { Resume = checkpoint }, stop.Token, (_, _) => stop.Cancel()).End;

        Assert.Equal(TrainEnd.Stopped, end);
        Assert.False(File.Exists(Manifest.PathFor(request.Output)));
    }

    [Fact]
    public void Execute_AskedToStopByWhoeverSeesACheckpoint_DoesNotWriteItAgain()
    {
        using TempFolder folder = new();
        TrainRequest request = New(folder, "out", Dropout() with { SaveSteps = 2 });
        using CancellationTokenSource stop = new();
        List<int> saved = [];

        TrainOutcome outcome = TrainingCase.Run(
            request,
            stop.Token,
            (step, checkpoint) =>
            {
                saved.Add(step);
                File.WriteAllText(Path.Combine(checkpoint, $"seen-{saved.Count}"), "");
                stop.Cancel();
            }
        );

        Assert.Equal(TrainEnd.Stopped, outcome.End);
        Assert.Equal([2, 2], saved);
        Assert.True(File.Exists(Path.Combine(request.Output, "checkpoints", "step-00000002", "seen-1")));
    }

    [Fact]
    public void Execute_ResumedWithOtherSettings_IsRefused()
    {
        using TempFolder folder = new();
        TrainRequest request = New(folder, "out", Dropout());
        TrainingCase.Run(request);

        MttException problem = Assert.Throws<MttException>(() =>
            TrainingCase.Run(request with { Resume = "auto", Train = request.Train with { LearningRate = 1 } })
        );

        Assert.Contains("train.learning_rate (", problem.Message);
    }

    [Fact]
    public void Execute_PackedAndUnpacked_GiveTheSameLosses()
    {
        using TempFolder folder = new();
        TrainSettings settings = TrainingCase.Settings(_case) with
        {
            PerDeviceTrainBatchSize = 60,
            GradientAccumulationSteps = 1,
            MaxSteps = 3,
        };
        TrainRequest plain = New(folder, "plain", settings);
        plain = plain with { Lora = new LoraSettings { R = 4 } };
        TrainRequest packed = plain with
        {
            Output = folder["packed"],
            Train = settings with { Packing = true, MaxLength = 64 },
        };
        TrainingCase.Run(plain);
        TrainingCase.Run(packed);

        foreach (
            (JsonView a, JsonView b) in TrainingCase.Metrics(plain.Output).Zip(TrainingCase.Metrics(packed.Output))
        )
        {
            Assert.Equal(a.GetProperty("loss").GetDouble(), b.GetProperty("loss").GetDouble(), 1e-6);
            Assert.Equal(a.GetProperty("grad_norm").GetDouble(), b.GetProperty("grad_norm").GetDouble(), 1e-5);
        }

        JsonView manifest = TrainingCase.Json($"{packed.Output}.manifest.json");
        Assert.True(manifest.GetProperty("counts").GetProperty("packing").GetProperty("efficiency").GetDouble() > 0.8);
    }

    [Fact]
    public void Execute_WithAnEvaluationSet_ReportsTurnsAndKeepsTheBest()
    {
        using TempFolder folder = new();
        TrainRequest request = New(
            folder,
            "out",
            TrainingCase.Settings(_case) with
            {
                EvalSteps = 5,
                EarlyStoppingPatience = 2,
            }
        );
        request = request with { EvalFile = request.TrainFiles[0] };

        TrainingCase.Run(request);

        string[] lines = File.ReadAllLines(Path.Combine(request.Output, "evaluations.jsonl"));
        Assert.Equal([0, 5, 10], lines.Select(line => JsonView.Parse(line).GetProperty("step").GetInt32()));
        JsonView first = JsonView.Parse(lines[0]);
        JsonView last = JsonView.Parse(lines[^1]);
        Assert.True(last.GetProperty("eval_loss").GetDouble() < first.GetProperty("eval_loss").GetDouble());
        Assert.True(last.GetProperty("best").GetBoolean());
        Assert.True(last.GetProperty("by_turn").GetProperty("1").GetProperty("tokens").GetInt64() > 0);
        Assert.Contains(
            "Evaluation loss over the turns of a conversation",
            File.ReadAllText(Path.Combine(request.Output, "report.html"))
        );
    }

    [Fact]
    public void Execute_StoppedEarlyAndResumed_StaysStoppedUnlessPatienceGrows()
    {
        using TempFolder folder = new();
        TrainRequest request = WithoutGain(folder);

        TrainOutcome first = TrainingCase.Run(request);
        byte[] adapter = Adapter(request);
        File.Delete(Path.Combine(request.Output, "adapter_model.safetensors"));
        TrainOutcome second = TrainingCase.Run(request with { Resume = "auto" });

        Assert.Equal((TrainEnd.StoppedEarly, 2), (first.End, first.Step));
        Assert.Equal((TrainEnd.StoppedEarly, 2), (second.End, second.Step));
        Assert.Equal(adapter, Adapter(request));

        TrainSettings patient = request.Train with { EarlyStoppingPatience = 5 };
        Assert.Equal(5, TrainingCase.Run(request with { Train = patient, Resume = "auto" }).Step);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Execute_BestCheckpointIsDamaged_WritesTheLastAndSaysSo(bool damaged)
    {
        using TempFolder folder = new();
        TrainRequest request = WithoutGain(folder);
        TrainingCase.Run(request);
        byte[] last = Adapter(request);
        request = request with { Train = request.Train with { LoadBestModelAtEnd = true } };
        TrainingCase.Run(request with { Output = folder["best"] });
        byte[] best = File.ReadAllBytes(folder["best/adapter_model.safetensors"]);
        if (damaged)
        {
            using FileStream file = File.OpenWrite(folder["best/checkpoints/step-00000000/parameters.bin"]);
            file.WriteByte(1);
        }

        TrainOutcome outcome = TrainingCase.Run(request with { Output = folder["best"], Resume = "auto" });

        Assert.Equal(damaged, outcome.BestLost?.Contains("damaged", StringComparison.Ordinal) ?? false);
        Assert.NotEqual(best, last);
        Assert.Equal(damaged ? last : best, File.ReadAllBytes(folder["best/adapter_model.safetensors"]));
    }

    [Fact]
    public void Execute_AFarTooHighRate_StopsAndNamesStepRowsAndGradients()
    {
        using TempFolder folder = new();
        TrainRequest request = New(
            folder,
            "out",
            TrainingCase.Settings(_case) with
            {
                LearningRate = 10,
                WarmupSteps = 0,
                MaxGradNorm = 0,
                AdamEpsilon = 0,
                WeightDecay = 9,
            }
        );
        request = request with { Train = request.Train with { LearningRate = 1e30 } };

        TrainOutcome outcome = TrainingCase.Run(request);

        Assert.Equal(TrainEnd.Diverged, outcome.End);
        Assert.Matches(
            @"^step \d+: .*rows of the worst micro-batch: rows\.jsonl:\d+.*gradient norms: .*lora_",
            outcome.Message
        );
        Assert.True(File.Exists(Path.Combine(request.Output, "divergence.json")));
        Assert.NotEmpty(Directory.GetDirectories(Path.Combine(request.Output, "checkpoints")));
    }

    [Theory]
    [InlineData(SpikeAction.Warn)]
    [InlineData(SpikeAction.Skip)]
    [InlineData(SpikeAction.Stop)]
    public void Execute_ASpike_LeadsToWhatWasSet(SpikeAction action)
    {
        using TempFolder folder = new();
        TrainRequest request = WithASpike(folder, action);

        TrainOutcome outcome = TrainingCase.Run(request);

        int[] marked =
        [
            .. TrainingCase
                .Metrics(request.Output)
                .Where(line => line.GetProperty("spike").GetInt32() > 0)
                .Select(line => line.GetProperty("step").GetInt32()),
        ];
        Assert.Equal(action == SpikeAction.Stop ? TrainEnd.Diverged : TrainEnd.Finished, outcome.End);
        Assert.Equal(action == SpikeAction.Stop ? 22 : 24, outcome.Step);
        Assert.Equal(action == SpikeAction.Stop ? [] : [23], marked);
        Assert.True(File.Exists(Path.Combine(request.Output, "divergence.json")));
        Assert.Equal(
            action != SpikeAction.Stop,
            File.ReadAllText(Path.Combine(request.Output, "report.html"))
                .Contains("at step 23", StringComparison.Ordinal)
        );
    }

    [Fact]
    public void Execute_FullFineTuning_LowersTheLossAndWritesAModel()
    {
        using TempFolder folder = new();
        TrainRequest request = New(
            folder,
            "out",
            TrainingCase.Settings(_case) with
            {
                FinetuningType = FinetuningType.Full,
                LearningRate = 1e-3,
            }
        );
        string model = folder["base"];
        Directory.CreateDirectory(model);
        foreach (string name in (string[])["config.json", "model.safetensors"])
        {
            File.Copy(Path.Combine(request.Model, name), Path.Combine(model, name));
        }

        folder.Write("base/additional_chat_templates/rag.jinja", "{{ messages }}");
        folder.Write("base/report.html", "an earlier run's");
        request = request with { Model = model };

        TrainingCase.Run(request);

        double[] losses =
        [
            .. TrainingCase.Metrics(request.Output).Select(line => line.GetProperty("loss").GetDouble()),
        ];
        Assert.True(losses[^1] < losses[0] - 0.1, $"{losses[0]} to {losses[^1]}");
        using SafetensorsFile before = SafetensorsFile.Open(Path.Combine(request.Model, "model.safetensors"));
        using SafetensorsFile after = SafetensorsFile.Open(Path.Combine(request.Output, "model.safetensors"));
        Assert.Equal(before.Entries.Keys.Order(), after.Entries.Keys.Order());
        Assert.True(File.Exists(Path.Combine(request.Output, "config.json")));
        Assert.True(File.Exists(Path.Combine(request.Output, "additional_chat_templates/rag.jinja")));
        Assert.NotEqual("an earlier run's", File.ReadAllText(Path.Combine(request.Output, "report.html")));
    }

    [Fact]
    public void Execute_RowsOfAnotherTokenizer_AreRefusedByTheManifest()
    {
        using TempFolder folder = new();
        TrainRequest request = New(folder, "out", TrainingCase.Settings(_case));
        string model = folder["model"];
        Directory.CreateDirectory(model);
        foreach (string name in new[] { "config.json", "model.safetensors" })
        {
            File.Copy(Path.Combine(request.Model, name), Path.Combine(model, name));
        }

        folder.Write("model/tokenizer.json", "{}");
        folder.Write(
            "rows.jsonl.manifest.json",
            """{"inputs": {"tokenizer:tokenizer.json": {"sha256": "00", "bytes": 2}}}"""
        );

        MttException problem = Assert.Throws<MttException>(() => TrainingCase.Run(request with { Model = model }));

        Assert.Contains("another tokenizer", problem.Message);
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Execute_RowsThatAreWrittenToMeanwhile_AreRefused(bool whileTheyAreRead)
    {
        using TempFolder folder = new();
        TrainRequest request = New(folder, "out", TrainingCase.Settings(_case));
        string rows = request.TrainFiles[0];
        request = whileTheyAreRead
            ? request with
            {
                ReadRows = path =>
                {
                    TokenRow[] read = [.. TokenRowReader.Read(path)];
                    File.AppendAllText(path, "\n");
                    return read;
                },
            }
            : request.Recorded();
        if (!whileTheyAreRead)
        {
            File.AppendAllText(rows, "\n");
        }

        MttException problem = Assert.Throws<MttException>(() => TrainingCase.Run(request));
        Assert.Equal($"{rows}: was changed while it was read", problem.Message);
        Assert.False(File.Exists(Path.Combine(request.Output, "adapter_model.safetensors")));
    }

    [Fact]
    public void Execute_OutputThatIsNotEmpty_IsRefusedAndUntouched()
    {
        using TempFolder folder = new();
        string kept = folder.Write("out/notes.txt", "mine");

        MttException problem = Assert.Throws<MttException>(() =>
            TrainingCase.Run(New(folder, "out", TrainingCase.Settings(_case)))
        );

        Assert.Contains("not empty", problem.Message);
        Assert.Equal("mine", File.ReadAllText(kept));
    }

    [Fact]
    public void Execute_SettingsThatContradictTheAdapter_AreRefused()
    {
        using TempFolder folder = new();
        TrainRequest request = New(folder, "out", TrainingCase.Settings(_case)) with
        {
            InitAdapter = TrainingCase.Adapter(_case),
            Lora = new LoraSettings { R = 64, EnsureWeightTying = true },
        };

        Assert.Contains(
            "r, ensure_weight_tying differ",
            Assert.Throws<MttException>(() => TrainingCase.Run(request)).Message
        );
    }

    [Theory]
    [InlineData(null, false)]
    [InlineData(true, true)]
    public void Execute_EnsureWeightTying_StandsInTheAdapter(bool? wish, bool written)
    {
        using TempFolder folder = new();
        TrainRequest request = New(folder, "out", TrainingCase.Settings(_case) with { MaxSteps = 1 }) with
        {
            Lora = new LoraSettings { R = 2, EnsureWeightTying = wish },
        };

        TrainingCase.Run(request);

        JsonView config = JsonView.Parse(File.ReadAllBytes(Path.Combine(request.Output, "adapter_config.json")));
        Assert.Equal(written, config.GetProperty("ensure_weight_tying").GetBoolean());
    }

    /// <summary>Twenty steps over one row that is learned by heart, then four over one that was never seen.</summary>
    private static TrainRequest WithASpike(TempFolder folder, SpikeAction action)
    {
        const string Learned = """{"input_ids": [5, 6, 7, 8, 9], "labels": [-100, 6, 7, 8, 9]}""";
        const string Other = """{"input_ids": [9, 3, 8, 4, 7], "labels": [-100, 3, 8, 4, 7]}""";
        string rows = folder.Write(
            "rows.jsonl",
            string.Join('\n', [.. Enumerable.Repeat(Learned, 20), .. Enumerable.Repeat(Other, 4)])
        );
        TrainSettings settings = TrainingCase.Settings(_case) with
        {
            PerDeviceTrainBatchSize = 1,
            GradientAccumulationSteps = 1,
            MaxSteps = 24,
            WarmupSteps = 0,
            FinetuningType = FinetuningType.Full,
            LearningRate = 0.01,
            MinLrRatio = 1,
            SpikeThreshold = 2,
            SpikeAction = action,
        };
        return TrainingCase.Request(_case, rows, folder["out"], settings) with { InitAdapter = null };
    }

    /// <summary>A run none of whose evaluations gains enough over the first.</summary>
    private static TrainRequest WithoutGain(TempFolder folder)
    {
        TrainSettings settings = TrainingCase.Settings(_case) with
        {
            EvalSteps = 1,
            SaveSteps = 1,
            EarlyStoppingPatience = 2,
            EarlyStoppingThreshold = 50,
        };
        TrainRequest request = New(folder, "out", settings);
        return request with { EvalFile = request.TrainFiles[0] };
    }

    // Dropout is part of what must go on bit for bit.
    private static TrainSettings Dropout() => TrainingCase.Settings(_case) with { Shuffle = true, NumTrainEpochs = 1 };

    private static TrainRequest New(TempFolder folder, string output, TrainSettings settings) =>
        TrainingCase.Request(_case, TrainingCase.WriteRows(folder, _case), folder[output], settings) with
        {
            InitAdapter = null,
            Lora = new LoraSettings { R = 4, LoraDropout = 0.1 },
        };

    private static byte[] Adapter(TrainRequest request) =>
        File.ReadAllBytes(Path.Combine(request.Output, "adapter_model.safetensors"));
}
