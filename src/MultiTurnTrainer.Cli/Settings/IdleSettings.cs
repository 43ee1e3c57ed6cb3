namespace MultiTurnTrainer.Cli.Settings;

/// <summary>Settings that were given and have no effect in this run.</summary>
internal static class IdleSettings
{
    /// <summary>One line for each.</summary>
    public static IEnumerable<string> Of(TrainRequest request)
    {
        TrainSettings train = request.Train;
        bool isEvaluated = request.EvalFile is not null || request.Tasks is not null;
        (string Name, bool IsSet, string Needs)[] settings =
        [
            (
                "early_stopping_patience",
                !isEvaluated && train.EarlyStoppingPatience is not null,
                "--eval or --eval-tasks"
            ),
            (
                "early_stopping_threshold",
                train.EarlyStoppingPatience is null && train.EarlyStoppingThreshold > 0,
                "train.early_stopping_patience"
            ),
            (
                "report_sample_tokens",
                train.ReportSamples == 0 && train.ReportSampleTokens != new TrainSettings().ReportSampleTokens,
                "train.report_samples above 0"
            ),
            ("eval_steps", !isEvaluated && train.EvalSteps is not null, "--eval or --eval-tasks"),
            ("load_best_model_at_end", !isEvaluated && train.LoadBestModelAtEnd, "--eval or --eval-tasks"),
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
