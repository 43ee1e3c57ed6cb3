using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Report;
using MultiTurnTrainer.Training.Samples;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>What a run leaves behind about itself: the manifest and the report.</summary>
internal static class RunRecords
{
    /// <summary>The manifest of a run that begins: its inputs as they are before anything is read of them.</summary>
    public static Manifest Begin(TrainRequest request)
    {
        Manifest manifest = new("train");
        // Rows may also come from memory, and then the name stands for no file; what is missing is refused where it is read.
        foreach (string file in request.TrainFiles.Where(InputFile.Exists))
        {
            manifest.AddInput("train", file);
        }

        if (request.EvalFile is { } evaluation && InputFile.Exists(evaluation))
        {
            manifest.AddInput("eval", evaluation);
        }

        if (request.Tasks is { } tasks)
        {
            manifest.AddInput("eval_tasks", tasks.File);
        }

        string config = Path.Combine(request.Model, "config.json");
        if (InputFile.Exists(config))
        {
            manifest.AddInput("model", config);
        }

        return manifest;
    }

    /// <summary>Writes the manifest beside the output folder.</summary>
    public static void WriteManifest(
        LoadedRun run,
        RunSummary summary,
        IReadOnlyDictionary<string, double> facts,
        int steps,
        IEnumerable<string> files
    )
    {
        Manifest manifest = run.Request.Record!;
        AddOptions(manifest.Options, run);
        AddCounts(manifest.Counts, run, summary, steps);
        foreach ((string name, double value) in facts)
        {
            manifest.Counts[name] = value;
        }

        foreach (string file in files)
        {
            manifest.AddOutput(file);
        }

        manifest.WriteBeside(run.Output.Root);
    }

    private static void AddOptions(JsonFields options, LoadedRun run)
    {
        TrainRequest request = run.Request;
        options["objective"] = request.Objective.GetName();
        options["train"] = SettingsJson.Of(request.Train);
        options["rows"] = request.Rows.Described();
        options["lora"] = SettingsJson.Of(request.Lora);
        options["fingerprint"] = run.Fingerprint.Shorten().ToJson();
        if (request.Distillation is { } distillation)
        {
            options["distill"] = SettingsJson.Of(distillation.Settings);
        }

        if (request.Preferences is { } preferences)
        {
            options["preference"] = SettingsJson.Of(preferences.Settings);
        }
    }

    private static void AddCounts(JsonFields counts, LoadedRun run, RunSummary summary, int steps)
    {
        counts["rows"] = summary.Rows;
        counts["rows_without_labels"] = summary.RowsWithoutLabels;
        counts["tokens"] = summary.Tokens;
        counts["supervised_tokens"] = summary.SupervisedTokens;
        counts["steps"] = steps;
        counts["trainable_parameters"] = summary.TrainableParameters;
        counts.AddPresent("packing", run.Data.Packing?.Describe());
        counts.AddPresent("units", run.Request.Distillation?.Units ?? run.Request.Preferences?.Units);
        if (run.Request.Masked.Conversations > 0)
        {
            JsonFields masked = [];
            run.Request.Masked.AddTo(masked);
            counts["masked"] = masked;
        }
    }

    /// <summary>Writes <c>report.html</c> from the metrics that are on the disk.</summary>
    public static void WriteReport(
        LoadedRun run,
        RunSummary summary,
        IReadOnlyDictionary<string, double> counted,
        TrainOutcome outcome,
        double machineGflops
    )
    {
        OutputFolder output = run.Output;
        IReadOnlyList<JsonView> steps = MetricsLog.ReadLines(output["metrics.jsonl"]);
        ReportFacts facts = new(
            $"mtt train: {Path.GetFileName(output.Root)}",
            ReportSummary.Summarise(summary, outcome, steps, machineGflops),
            [.. Settings(run.Request)],
            [
                .. run
                    .Fingerprint.Shorten()
                    .Parts.OrderBy(part => part.Key, StringComparer.Ordinal)
                    .Select(part => (part.Key, part.Value)),
            ],
            [
                ("mtt", Manifest.ToolVersion),
                ("device", summary.Device),
                ("compute type", summary.Dtype),
                ("system", RuntimeInformation.OSDescription),
                ("architecture", RuntimeInformation.ProcessArchitecture.ToString()),
                ("runtime", RuntimeInformation.FrameworkDescription),
                ("libtorch", torch.__version__),
            ]
        )
        {
            Masked =
            [
                .. run
                    .Request.Masked.Lines.Select(Split)
                    .Where(line => !run.Request.Masked.Losses.ContainsKey(line.Code)),
            ],
            LossUnit =
                run.Request.Distillation is not null ? "divergence, nats per token"
                : run.Request.Preferences is not null ? "nats per pair or row"
                : TrainingReport.LossTitle,
            Lost = run.Request.Distillation is null ? LostRows.Of(run, summary) : null,
            Samples = SampleAnswers.Read(output[ReportSamples.Name]),
            WantsSamples = run.Request.Train.ReportSamples > 0,
            Preferences = MetricsLog.ReadPreferences(output[MetricsLog.PreferencesName]),
            Distillation = MetricsLog.ReadRecords<DistillationMetrics>(output[MetricsLog.DistillationName]),
            Rollouts = MetricsLog.ReadRecords<RolloutRecord>(output[MetricsLog.RolloutsName]),
            Counted = [.. counted.Select(count => (count.Key, Invariant($"{count.Value:0.####}")))],
        };
        TrainingReport.Write(output["report.html"], facts, steps, MetricsLog.ReadLines(output["evaluations.jsonl"]));
    }

    private static IEnumerable<(string, string)> Settings(TrainRequest request) =>
        [
            .. Flatten("train", SettingsJson.Of(request.Train)),
            .. Flatten("rows", JsonText.ToView(request.Rows.Described())),
            .. Flatten("lora", SettingsJson.Of(request.Lora)),
            .. request.Preferences is { } preferences
                ? Flatten("preference", SettingsJson.Of(preferences.Settings))
                : [],
            .. request.Distillation is { } distillation
                ? Flatten("distill", SettingsJson.Of(distillation.Settings))
                : [],
        ];

    private static (string Code, string Text) Split(string line) =>
        line.Split(": ", 2) is [var code, var text] ? (code, text) : (line, "");

    private static IEnumerable<(string, string)> Flatten(string section, JsonView json) =>
        json.EnumerateObject()
            .Where(setting => setting.Value.Kind != JsonKind.Null)
            .Select(setting => ($"{section}.{setting.Name}", JsonText.AsciiLine(setting.Value)));
}
