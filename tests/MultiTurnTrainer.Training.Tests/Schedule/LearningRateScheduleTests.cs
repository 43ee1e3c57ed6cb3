using System.Text.Json;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Training.Schedule;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Schedule;

public class LearningRateScheduleTests
{
    [Theory]
    [InlineData(1, 0, 0.0, "Linear", false)]
    [InlineData(1, 0, 0.0, "Cosine", false)]
    [InlineData(1, 1, 0.0, "Cosine", true)]
    [InlineData(1, 0, 0.1, "Cosine", true)]
    [InlineData(1, 0, 0.0, "Constant", true)]
    [InlineData(2, 0, 0.0, "Linear", true)]
    public void RequireSomeRate_EveryStepAtZero_IsRefused(int steps, int warmup, double floor, string type, bool learns)
    {
        TrainSettings settings = new()
        {
            WarmupSteps = warmup,
            MinLrRatio = floor,
            LrSchedulerType = Enum.Parse<LrSchedulerType>(type),
        };
        LearningRateSchedule schedule = LearningRateSchedule.Create(settings, steps);
        MttException? problem = Record.Exception(schedule.RequireSomeRate) as MttException;

        Assert.Equal(learns, problem is null);
    }

    [Fact]
    public void At_CosineWithWarmup_EqualsTheGolden()
    {
        foreach (string folder in Directory.GetDirectories(SharedData.Path("training-goldens")))
        {
            string path = Path.Combine(folder, "expected", "train.json");
            if (!File.Exists(path))
            {
                continue;
            }

            JsonElement golden = JsonElement.Parse(File.ReadAllText(path));
            JsonElement optimizer = golden.GetProperty("optimizer");
            LearningRateSchedule schedule = LearningRateSchedule.Create(
                new TrainSettings
                {
                    LearningRate = optimizer.GetProperty("lr").GetDouble(),
                    WarmupSteps = optimizer.GetProperty("warmup_steps").GetInt32(),
                    MinLrRatio = optimizer.GetProperty("floor").GetDouble(),
                },
                optimizer.GetProperty("total_steps").GetInt32()
            );
            foreach (JsonElement step in golden.GetProperty("steps").EnumerateArray())
            {
                Assert.Equal(
                    step.GetProperty("lr").GetDouble(),
                    schedule.GetRate(step.GetProperty("step").GetInt32()),
                    1e-15
                );
            }
        }
    }

    [Theory]
    [InlineData(LrSchedulerType.Linear, 1.0, 0.5, 0.0)]
    [InlineData(LrSchedulerType.Constant, 1.0, 1.0, 1.0)]
    [InlineData(LrSchedulerType.ConstantWithWarmup, 1.0, 1.0, 1.0)]
    [InlineData(LrSchedulerType.InverseSqrt, 1.0, 0.57735026918962573, 0.44721359549995793)]
    [InlineData(LrSchedulerType.WarmupStableDecay, 1.0, 1.0, 0.0)]
    public void At_EndOfWarmupMiddleAndEnd_FollowsTheCurve(
        LrSchedulerType type,
        double atPeak,
        double middle,
        double end
    )
    {
        LearningRateSchedule schedule = new(type, Peak: 1, FloorRatio: 0, WarmupSteps: 2, TotalSteps: 10);

        Assert.Equal(atPeak, schedule.GetRate(2), 1e-12);
        Assert.Equal(middle, schedule.GetRate(6), 1e-12);
        Assert.Equal(end, schedule.GetRate(10), 1e-12);
    }

    [Fact]
    public void From_WarmupRatio_RoundsUp() =>
        Assert.Equal(4, LearningRateSchedule.Create(new TrainSettings { WarmupRatio = 0.03 }, 101).WarmupSteps);
}
