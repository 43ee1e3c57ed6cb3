using MultiTurnTrainer.Context.Cleaning;
using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Datasets.Rollouts;
using MultiTurnTrainer.Training.Distillation;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Tests.Distillation;

/// <summary>Short runs of the distilling objectives, their data made of a few bytes.</summary>
internal static class DistillationCase
{
    public static TrainRequest Request(string output, string objective, int steps, double rate = 1e-3)
    {
        RolloutTask[] tasks =
        [
            .. Enumerable
                .Range(0, 6)
                .Select(i => new RolloutTask(
                    new ShardedTask
                    {
                        Id = $"task {i}",
                        Family = "exact",
                        Question = $"all of {i}",
                        Shards = [$"begin {i}", "more", "the end"],
                    },
                    new ByteEncoder(),
                    ConsecutiveUsers.Keep
                )),
        ];
        CleanedTurn[] turns =
        [
            .. Enumerable
                .Range(1, 6)
                .Select(i => new CleanedTurn($"{i}", [i, 7, 8, 9], [i, 9], [5, i, 2], i % 2 == 0, 1)),
        ];
        bool offline = objective == "distill-offline";
        return new TrainRequest
        {
            Model = TrainingCase.Model("llama"),
            TrainFiles = [],
            Output = output,
            Objective = ObjectiveNames.Parse(objective),
            Distillation = new DistillationData
            {
                Tasks = offline ? [] : tasks,
                Turns = offline ? turns : [],
                StopTokens = [2, 148],
                Settings = new DistillationSettings { MaxNewTokensMiddle = 6, MaxNewTokensAnswer = 8 },
            },
            Train = new TrainSettings
            {
                LearningRate = rate,
                LrSchedulerType = LrSchedulerType.Constant,
                MaxSteps = steps,
                PerDeviceTrainBatchSize = 3,
                SaveSteps = 1,
                Device = "cpu",
            },
            Lora = new LoraSettings { R = 4, TargetModules = ["all-linear"] },
        };
    }
}
