using MultiTurnTrainer.Training.SelfTest;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests;

public class SelfTestTests
{
    [Fact]
    public void Run_AReferenceModel_PassesEveryCheck()
    {
        using TempFolder folder = new();

        SelfTestResult[] results =
        [
            .. TrainerSelfTest.Run(TrainingCase.Model("qwen3"), folder.Path, TimeProvider.System),
        ];

        Assert.Equal(8, results.Length);
        Assert.All(results, result => Assert.True(result.Passed, result.ToString()));
    }

    [Theory]
    [InlineData("llama")]
    [InlineData("gemma2")]
    [InlineData("mistral")]
    public void Gradients_WithDora_AreTheSameBitsOnOneThread(string model)
    {
        LoraSettings dora = new() { UseDora = true };

        SelfTestResult[] results = [.. TrainerSelfTest.CheckGradients(TrainingCase.Model(model), dora, threads: 2)];

        Assert.All(results, result => Assert.True(result.Passed, result.ToString()));
        Assert.Equal(0, results.Single(result => result.Name == "1 thread").Difference);
    }
}
