using MultiTurnTrainer.Context.Cleaning;
using MultiTurnTrainer.Conversations.Sharding;
using MultiTurnTrainer.Datasets.Rollouts;
using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Training.Distillation;
using MultiTurnTrainer.Training.Loop;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Cli.Commands;

/// <summary>From the files of <c>mtt train --objective maigo|ccopd</c> to what those objectives learn from.</summary>
internal static class DistillationInputs
{
    /// <summary>Lays the tasks of the request's files over it; a supervised request stays as it is.</summary>
    public static TrainRequest AddTo(TrainRequest request, DistillationSettings settings)
    {
        if (request.Objective == "sft")
        {
            return request;
        }

        ChatEncoder encoder = new(RowModel.Load(request.Model, template: null, stops: []));
        settings = settings with { ConsecutiveUsers = settings.ConsecutiveUsers ?? encoder.ChooseConsecutiveUsers() };
        IEnumerable<ShardedTask> tasks = request.TrainFiles.SelectMany(ShardedTaskReader.Read);
        return request with
        {
            Distillation = new DistillationData
            {
                Tasks = [.. tasks.Select(task => new RolloutTask(task, encoder, settings.ConsecutiveUsers.Value))],
                StopTokens = encoder.StopTokens,
                Settings = settings,
            },
        };
    }
}
