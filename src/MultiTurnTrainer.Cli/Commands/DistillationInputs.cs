namespace MultiTurnTrainer.Cli.Commands;

/// <summary>From the files of <c>mtt train --objective maigo|ccopd|distill-offline</c> to what those objectives learn from.</summary>
internal static class DistillationInputs
{
    /// <summary>Lays the tasks of the request's files over it; a request of another objective stays as it is.</summary>
    public static TrainRequest AddTo(TrainRequest request, DistillationSettings settings, CompletionSettings rollouts)
    {
        if (!request.Objective.IsDistilling())
        {
            return request;
        }

        RowModel model = RowModel.Load(request.Model, request.Rows);
        ChatEncoder encoder = new(model);
        settings = settings with { ConsecutiveUsers = settings.ConsecutiveUsers ?? encoder.ChooseConsecutiveUsers() };
        bool offline = request.Objective == Objective.DistillOffline;
        if (offline)
        {
            Console.Error.WriteLine(
                "note: replies are the log's, not the student's: this is off-policy history cleaning, not MAIGO"
            );
        }

        IEnumerable<ShardedTask> tasks = offline ? [] : request.TrainFiles.SelectMany(ShardedTaskReader.Read);
        IEnumerable<CleanedRecord> records = offline ? request.TrainFiles.SelectMany(CleanedRecordReader.Read) : [];
        CleanedTurns turns = new(model, request.Rows);
        CleanedTurn[] cleaned = [.. records.Select(turns.Encode).OfType<CleanedTurn>()];
        if (turns.Unrendered > 0)
        {
            Console.Error.WriteLine(
                $"note: {Counted.Of(turns.Unrendered, "record is", "records are")} left out: the template does not render the reply"
            );
        }

        return request with
        {
            Distillation = new DistillationData
            {
                Tasks = [.. tasks.Select(task => new RolloutTask(task, encoder, settings.ConsecutiveUsers.Value))],
                Turns = cleaned,
                StopTokens = encoder.StopTokens,
                Server = rollouts.Endpoint is { } endpoint
                    ? Server(endpoint, rollouts.Retry, request.Model, encoder.IdLimit)
                    : null,
                Settings = settings,
            },
        };
    }

    private static RolloutServer Server(EndpointSettings endpoint, RetrySettings retry, string model, int idLimit) =>
        new(
            new CompletionServer(endpoint, retry, model, Environment.GetEnvironmentVariable, TimeProvider.System)
            {
                IdLimit = idLimit,
            }
        );
}
