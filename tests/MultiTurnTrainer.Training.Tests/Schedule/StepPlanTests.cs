using MultiTurnTrainer.Files;
using MultiTurnTrainer.Training.Schedule;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Schedule;

public class StepPlanTests
{
    [Fact]
    public void MicroBatches_WithoutShuffle_KeepTheFilesOrder()
    {
        StepPlan plan = StepPlan.Create(
            new TrainSettings
            {
                PerDeviceTrainBatchSize = 2,
                GradientAccumulationSteps = 2,
                NumTrainEpochs = 2,
                Shuffle = false,
            },
            units: 7
        );

        Assert.Equal(4, plan.TotalSteps);
        Assert.Equal(
            [
                [0, 1],
                [2, 3],
            ],
            plan.GetMicroBatches(1)
        );
        Assert.Equal(
            [
                [4, 5],
                [6],
            ],
            plan.GetMicroBatches(2)
        );
        Assert.Equal(
            [
                [0, 1],
                [2, 3],
            ],
            plan.GetMicroBatches(3)
        );
    }

    /// <summary>Several processes each get some of a step, which has the same units for any number of them.</summary>
    [Theory]
    [InlineData(1, 2, 3)]
    [InlineData(2, 2, 3)]
    [InlineData(3, 3, 2)]
    [InlineData(4, 6, 1)]
    [InlineData(9, 6, 1)]
    public void MicroBatches_ForSeveralProcesses_AreEnoughForAll(int parts, int count, int largest)
    {
        TrainSettings settings = new()
        {
            PerDeviceTrainBatchSize = 3,
            GradientAccumulationSteps = 2,
            MaxSteps = 1,
        };
        StepPlan plan = StepPlan.Create(settings, 10);
        IReadOnlyList<int[]> batches = plan.GetMicroBatches(1, parts);
        Assert.Equal(count, batches.Count);
        Assert.Equal(largest, batches.Max(batch => batch.Length));
        Assert.Equal(plan.GetMicroBatches(1).SelectMany(unit => unit), batches.SelectMany(unit => unit));
    }

    [Fact]
    public void MicroBatches_Shuffled_SeeEachUnitOncePerEpochInANewOrder()
    {
        StepPlan plan = StepPlan.Create(
            new TrainSettings { PerDeviceTrainBatchSize = 3, NumTrainEpochs = 2 },
            units: 50
        );
        int[] Epoch(int first) =>
            [
                .. Enumerable
                    .Range(first, plan.StepsPerEpoch)
                    .SelectMany(step => plan.GetMicroBatches(step).SelectMany(batch => batch)),
            ];

        int[] one = Epoch(1);
        int[] two = Epoch(1 + plan.StepsPerEpoch);

        Assert.Equal(Enumerable.Range(0, 50), one.Order());
        Assert.Equal(Enumerable.Range(0, 50), two.Order());
        Assert.NotEqual(one, two);
    }

    [Fact]
    public void MicroBatches_OfALaterStep_DoNotDependOnTheStepsBefore()
    {
        TrainSettings settings = new() { PerDeviceTrainBatchSize = 2, MaxSteps = 100 };
        StepPlan walked = StepPlan.Create(settings, 9);
        for (int step = 1; step < 23; step++)
        {
            _ = walked.GetMicroBatches(step);
        }

        Assert.Equal(StepPlan.Create(settings, 9).GetMicroBatches(23), walked.GetMicroBatches(23));
    }

    [Fact]
    public void From_NothingToDo_IsRefused() =>
        Assert.Throws<MttException>(() => StepPlan.Create(new TrainSettings { NumTrainEpochs = 0 }, 3));
}
