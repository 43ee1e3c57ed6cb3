using MultiTurnTrainer.Files;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Loop;

/// <summary>Adapters trained over a base whose linear modules are 4-bit codes.</summary>
public class QuantisedTrainingTests
{
    private const string _case = "llama";

    [Theory]
    [InlineData(Quantization.Nf4, true)]
    [InlineData(Quantization.Fp4, false)]
    public void Execute_OverCodes_LearnsAndResumesToTheSameBytes(Quantization quantization, bool doubled)
    {
        using TempFolder folder = new();
        TrainSettings settings = TrainingCase.Settings(_case) with
        {
            Quantization = quantization,
            DoubleQuantization = doubled,
            SaveSteps = 3,
            SaveTotalLimit = 10,
        };
        TrainRequest whole = New(folder, "whole", settings);
        TrainingCase.Run(whole);
        byte[] first = Adapter(whole);
        double[] losses = [.. TrainingCase.Metrics(whole.Output).Select(line => line.GetProperty("loss").GetDouble())];
        Assert.True(losses[^1] < losses[0], $"{losses[0]} to {losses[^1]}");

        string checkpoint = Path.Combine(whole.Output, "checkpoints", "step-00000006");
        TrainingCase.Run(whole with { Resume = checkpoint });

        Assert.Equal(first, Adapter(whole));
        TrainRequest plain = New(folder, "plain", settings with { Quantization = Quantization.None });
        TrainingCase.Run(plain);
        Assert.NotEqual(first, Adapter(plain));
    }

    [Fact]
    public void Execute_OverCodesComputedAgain_GivesTheSameAdapter()
    {
        using TempFolder folder = new();
        TrainSettings settings = TrainingCase.Settings(_case) with { Quantization = Quantization.Nf4 };
        TrainRequest kept = New(folder, "kept", settings with { Recompute = Recompute.Off });
        TrainRequest again = New(folder, "again", settings with { Recompute = Recompute.Full });
        TrainingCase.Run(kept);
        TrainingCase.Run(again);
        Assert.Equal(Adapter(kept), Adapter(again));
    }

    [Fact]
    public void Execute_ResumedOverCodesAfterNumbers_IsRefused()
    {
        using TempFolder folder = new();
        TrainRequest request = New(folder, "out", TrainingCase.Settings(_case));
        TrainingCase.Run(request);
        TrainSettings codes = request.Train with { Quantization = Quantization.Nf4 };

        MttException problem = Assert.Throws<MttException>(() =>
            TrainingCase.Run(request with { Resume = "auto", Train = codes })
        );

        Assert.Contains("train.quantization (none then, ", problem.Message);
    }

    [Fact]
    public void Execute_OfAllWeightsOverCodes_IsRefusedBeforeAnythingIsWritten()
    {
        using TempFolder folder = new();
        TrainRequest request = New(
            folder,
            "out",
            TrainingCase.Settings(_case) with
            {
                Quantization = Quantization.Nf4,
                FinetuningType = FinetuningType.Full,
            }
        ) with
        {
            InitAdapter = null,
        };

        MttException problem = Assert.Throws<MttException>(() => TrainingCase.Run(request));

        Assert.Contains("codes cannot be trained", problem.Message);
        Assert.False(Directory.Exists(request.Output));
    }

    private static TrainRequest New(TempFolder folder, string output, TrainSettings settings) =>
        TrainingCase.Request(_case, TrainingCase.WriteRows(folder, _case), folder[output], settings);

    private static byte[] Adapter(TrainRequest request) =>
        File.ReadAllBytes(Path.Combine(request.Output, "adapter_model.safetensors"));
}
