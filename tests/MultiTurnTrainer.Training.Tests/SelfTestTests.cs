using MultiTurnTrainer.Training.SelfTest;

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
}
