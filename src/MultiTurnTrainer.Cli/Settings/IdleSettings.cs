namespace MultiTurnTrainer.Cli.Settings;

/// <summary>Settings that were given and have no effect in this run.</summary>
internal static class IdleSettings
{
    /// <summary>One line for each.</summary>
    public static IEnumerable<string> Of(TrainRequest request)
    {
        TrainSettings train = request.Train;
        (string Name, bool IsSet, string Needs)[] settings =
        [
            ("early_stopping_patience", request.EvalFile is null && train.EarlyStoppingPatience is not null, "--eval"),
            (
                "early_stopping_threshold",
                train.EarlyStoppingPatience is null && train.EarlyStoppingThreshold > 0,
                "train.early_stopping_patience"
            ),
            ("eval_steps", request.EvalFile is null && train.EvalSteps is not null, "--eval"),
            ("load_best_model_at_end", request.EvalFile is null && train.LoadBestModelAtEnd, "--eval"),
            (
                "spike_action",
                train.SpikeThreshold == 0 && train.SpikeAction != SpikeAction.Warn,
                "a train.spike_threshold above 0"
            ),
        ];
        return settings
            .Where(setting => setting.IsSet)
            .Select(setting => $"train.{setting.Name} has no effect in this run: it needs {setting.Needs}");
    }
}
