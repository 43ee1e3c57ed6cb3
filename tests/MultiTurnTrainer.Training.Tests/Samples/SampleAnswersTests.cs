using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Tokenizers;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Samples;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Samples;

/// <summary>Answers before and after the training, which the training does not notice.</summary>
public sealed class SampleAnswersTests : IDisposable
{
    private readonly TempFolder _folder = new();

    public void Dispose() => _folder.Dispose();

    /// <summary>With samples or without, with dropout and in bfloat16 too: the same weights, losses and moments, byte for byte.</summary>
    [Theory]
    [InlineData(0.0, TrainingDtype.Float32)]
    [InlineData(0.1, TrainingDtype.Bfloat16)]
    public void Execute_WithSamples_GivesTheBytesOfARunWithout(double dropout, TrainingDtype dtype)
    {
        TrainRequest without = Request("without", samples: 0, steps: 6);
        without = without with
        {
            Train = without.Train with { Dtype = dtype },
            Lora = new() { LoraDropout = dropout },
        };
        TrainRequest with = without with { Output = _folder["with"], Train = without.Train with { ReportSamples = 3 } };
        TrainingCase.Run(without);
        TrainingCase.Run(with);

        Assert.False(File.Exists(_folder["without/samples.jsonl"]));
        Assert.Equal(3, SampleAnswers.Read(_folder["with/samples.jsonl"]).Count);
        string[] files = [.. Files("without"), "adapter_model.safetensors"];
        Assert.True(files.Length > 1);
        Assert.All(
            files,
            file =>
                Assert.Equal(File.ReadAllBytes(_folder[$"without/{file}"]), File.ReadAllBytes(_folder[$"with/{file}"]))
        );
        Assert.Equal(Losses("without"), Losses("with"));
    }

    /// <summary>The answers after are those of the adapter that was written, and differ from those before: the rows were learnt.</summary>
    [Fact]
    public void Execute_RowsThatAreLearnt_AreAnsweredAsTheDataDo()
    {
        TrainRequest request = Request("out", samples: 2, steps: 60);
        TrainingCase.Run(request);

        IReadOnlyList<SampleAnswer> samples = SampleAnswers.Read(_folder["out/samples.jsonl"]);
        Assert.Equal(2, samples.Count);
        Assert.All(
            samples,
            sample => Assert.EndsWith("<|im_start|>assistant\n", sample.Prompt, StringComparison.Ordinal)
        );
        Assert.All(samples, sample => Assert.NotEqual(sample.Expected, sample.Before));
        Assert.All(samples, sample => Assert.Equal(sample.Expected, sample.After));
        string page = File.ReadAllText(_folder["out/report.html"]);
        Assert.Contains("<h2>Sample answers</h2>", page, StringComparison.Ordinal);
        Assert.Contains("<h4>before training</h4>", page, StringComparison.Ordinal);
        Assert.Contains("yes, 0 it is", page, StringComparison.Ordinal);
    }

    /// <summary>A run that goes on keeps the answers that the model gave before its first step.</summary>
    [Fact]
    public void Execute_StoppedAndResumed_KeepsTheAnswersBefore()
    {
        TrainRequest whole = Request("whole", samples: 2, steps: 6);
        TrainingCase.Run(whole);
        TrainRequest parts = whole with { Output = _folder["parts"] };
        using CancellationTokenSource stop = new();
        TrainingCase.Run(
            parts,
            stop.Token,
            saved: (step, _) =>
            {
                if (step == 3)
                {
                    stop.Cancel();
                }
            }
        );
        Assert.All(SampleAnswers.Read(_folder["parts/samples.jsonl"]), sample => Assert.Null(sample.After));
        TrainingCase.Run(parts with { Resume = "auto" });

        Assert.Equal(
            File.ReadAllText(_folder["whole/samples.jsonl"]),
            File.ReadAllText(_folder["parts/samples.jsonl"])
        );
    }

    /// <summary>They are for readers alone: whatever stands in their way, the run comes to its end and its report says that they are missing.</summary>
    [Theory]
    [InlineData("tokenizer.json")]
    [InlineData("generation_config.json")]
    public void Execute_ModelThatCannotAnswer_TrainsAndSaysSo(string file)
    {
        PresetModel.Write(_folder);
        _folder.Write($"model/{file}", "no JSON");
        TrainRequest request = Request("out", samples: 2, steps: 6) with { Model = _folder["model"] };

        Assert.Equal(TrainEnd.Finished, TrainingCase.Run(request).End);
        Assert.True(File.Exists(_folder["out/adapter_model.safetensors"]));
        Assert.False(File.Exists(_folder["out/samples.jsonl"]));
        string page = File.ReadAllText(_folder["out/report.html"]);
        Assert.Contains("There are none: they need a tokenizer", page, StringComparison.Ordinal);
    }

    [Fact]
    public void Choose_ManyRows_TakesThemEvenlyAndHeldOutOnesFirst()
    {
        TokenRow[] rows = [.. Enumerable.Range(0, 10).Select(i => new TokenRow($"{i}", [1, 2, i], [-100, -100, i]))];
        TokenRow[] held = [new("held", [4, 5], [-100, 5])];
        TokenRow[] without = [new("none", [4, 5], [-100, -100]), new("all", [4, 5], [4, 5])];

        Assert.Equal(["0", "3", "6"], Ids(SamplePrompt.Choose(3, [], rows, null, null)));
        Assert.Equal(["held"], Ids(SamplePrompt.Choose(3, held, rows, null, null)));
        Assert.Equal([1, 2], SamplePrompt.Choose(1, [], rows, null, null)[0].Ids);
        Assert.Empty(SamplePrompt.Choose(3, [], without, null, null));
        Assert.Empty(
            SamplePrompt.Choose(
                3,
                [],
                [new("long", new int[2000], [.. new int[1999].Select(_ => -100), 0])],
                null,
                null
            )
        );
    }

    private static IEnumerable<string> Ids(IReadOnlyList<SamplePrompt> prompts) => prompts.Select(prompt => prompt.Id);

    private string[] Files(string run) =>
        [
            .. Directory
                .EnumerateFiles(_folder[$"{run}/checkpoints"], "*.safetensors", SearchOption.AllDirectories)
                .Select(path => Path.GetRelativePath(_folder[run], path)),
        ];

    private IEnumerable<double> Losses(string run) =>
        TrainingCase.Metrics(_folder[run]).Select(step => MetricsLog.ReadNumber(step, "loss"));

    /// <summary>A run of the preset's model on four short answers.</summary>
    private TrainRequest Request(string output, int samples, int steps)
    {
        Tokenizer tokenizer = Tokenizer.Load(Tokenizer.FileOf(PresetModel.Folder)!);
        string rows = _folder.Write("rows.jsonl", string.Concat(Enumerable.Range(0, 4).Select(i => Row(tokenizer, i))));
        return new TrainRequest
        {
            Model = PresetModel.Folder,
            TrainFiles = [rows],
            Output = _folder[output],
            Train = new TrainSettings
            {
                LearningRate = 5e-3,
                LrSchedulerType = LrSchedulerType.Constant,
                MaxSteps = steps,
                SaveSteps = 3,
                Device = "cpu",
                ReportSamples = samples,
                ReportSampleTokens = 24,
            },
        };
    }

    private static string Row(Tokenizer tokenizer, int number)
    {
        int[] prompt = Ids(tokenizer, $"<|im_start|>user\nis it {number}?<|im_end|>\n<|im_start|>assistant\n");
        int[] answer = Ids(tokenizer, $"yes, {number} it is<|im_end|>");
        string labels = string.Join(',', prompt.Select(_ => -100).Concat(answer));
        return $"{{\"id\":\"row {number}\",\"input_ids\":[{string.Join(',', prompt.Concat(answer))}],\"labels\":[{labels}]}}\n";
    }

    private static int[] Ids(Tokenizer tokenizer, string text) =>
        [.. tokenizer.Encode(text, addSpecialTokens: false).Ids];
}
