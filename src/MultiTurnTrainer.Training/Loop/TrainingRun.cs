using System.Globalization;
using System.Runtime.InteropServices;
using System.Text;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Datasets.Packing;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Training.Checkpoints;
using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Report;
using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Schedule;
using MultiTurnTrainer.Training.Settings;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>One <c>mtt train</c>: checks, loads, trains, writes.</summary>
public static class TrainingRun
{
    /// <summary>Trains. What can be refused is refused before weights are loaded.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="observer">Told what happens.</param>
    /// <param name="time">The clock, for logs only: no number of the training depends on it.</param>
    /// <param name="stop">Asks to stop: the state is saved and the outcome says so.</param>
    /// <exception cref="MttException">Anything the user can mend.</exception>
    public static TrainOutcome Execute(
        TrainRequest request,
        ITrainingObserver observer,
        TimeProvider time,
        CancellationToken stop
    )
    {
        TrainSettings settings = request.Train;
        ModelConfig config = ModelConfigReader.ReadFolder(request.Model);
        IReadOnlyList<TrainingRow> rows = [];
        if (request.Distillation is null)
        {
            rows = RowFiles.Read(request.TrainFiles);
            RowChecks.Require(rows, string.Join(", ", request.TrainFiles), config.VocabularySize, settings.MaxLength);
        }

        IReadOnlyList<TrainingRow> evaluationRows = [];
        if (request.EvalFile is { } evaluation)
        {
            evaluationRows = RowFiles.Read([evaluation]);
            RowChecks.Require(evaluationRows, evaluation, config.VocabularySize, settings.MaxLength);
        }

        PackingPlan? packing = settings.Packing && rows.Count > 0 ? Pack(rows, settings) : null;
        int units = request.Distillation?.Units ?? packing?.Packs.Count ?? rows.Count;
        StepPlan plan = StepPlan.From(settings, units);
        OutputFolder output = new(request.Output);
        output.Prepare(request.Force, request.Resume is not null);

        torch.set_num_threads(settings.Threads ?? Environment.ProcessorCount);
        Device device = ChooseDevice(settings.Device);
        ScalarType type = ChooseType(settings.Dtype, device);
        using CausalLM model = CausalLM.Load(request.Model, type, device);
        using LoraAdapter adapter = Adapt(model, request);
        string adapterConfig = Encoding.UTF8.GetString(LoraConfigJson.Write(adapter.Config));
        RunFingerprint fingerprint = RunIdentity.Of(request, adapterConfig, packing?.Hash());
        CheckpointStore checkpoints = new(output.Checkpoints, fingerprint, settings.SaveTotalLimit);
        Recompute recompute = settings.Recompute == Recompute.Auto ? Recompute.Off : settings.Recompute;
        using IObjective objective = request.Distillation is null
            ? new SftObjective(model, adapter, rows, packing?.Packs, settings, recompute)
            : ObjectiveFactory.Distilling(request, model, adapter, recompute, output);
        Evaluator? evaluator =
            evaluationRows.Count > 0 ? new Evaluator(model, adapter, evaluationRows, settings) : null;
        using Trainer trainer = new(
            objective,
            adapter.Parameters,
            plan,
            settings,
            evaluator,
            checkpoints,
            output,
            observer,
            time
        );
        if (FindState(request.Resume, checkpoints, observer) is { } state)
        {
            trainer.Restore(state);
        }

        RunSummary summary = new(
            request.Model,
            device.type == DeviceType.CUDA
                ? "cuda"
                : string.Create(CultureInfo.InvariantCulture, $"cpu, {torch.get_num_threads()} threads"),
            type == ScalarType.BFloat16 ? "bfloat16" : "float32",
            model.ParameterCount,
            adapter.Parameters.Flat.numel(),
            rows.Count,
            rows.Sum(row => (long)row.InputIds.Length),
            rows.Sum(row => (long)row.SupervisedTokens),
            rows.Count(row => row.SupervisedTokens == 0),
            evaluationRows.Count,
            packing?.Packs.Count ?? 0,
            packing?.Efficiency ?? 1,
            plan.TotalSteps,
            trainer.Done + 1,
            recompute.ToString().ToLowerInvariant(),
            0
        );
        observer.Started(summary);
        TrainOutcome outcome = trainer.Run(stop);
        WriteReport(output, request, summary, fingerprint, outcome);
        if (outcome.End is TrainEnd.Finished or TrainEnd.StoppedEarly)
        {
            if (settings.LoadBestModelAtEnd && trainer.BestStep is { } best)
            {
                trainer.Restore(checkpoints.LoadStep(best));
            }

            adapter.Save(model, output.Root, force: true);
            WriteManifest(output, request, summary, fingerprint, packing, objective, outcome);
        }

        return outcome;
    }

    private static PackingPlan Pack(IReadOnlyList<TrainingRow> rows, TrainSettings settings)
    {
        int[] lengths = [.. rows.Select(row => row.InputIds.Length)];
        return BestFitDecreasing.Plan(lengths, settings.MaxLength ?? lengths.Max(), settings.Seed);
    }

    private static Device ChooseDevice(TrainingDevice wanted)
    {
        bool available = torch.cuda.is_available();
        if (wanted == TrainingDevice.Cuda && !available)
        {
            throw new MttException(
                "there is no CUDA device that libtorch can use",
                "See mtt doctor, or use --device cpu."
            );
        }

        return wanted != TrainingDevice.Cpu && available ? torch.CUDA : torch.CPU;
    }

    private static ScalarType ChooseType(TrainingDtype wanted, Device device) =>
        wanted == TrainingDtype.Bfloat16 || (wanted == TrainingDtype.Auto && device.type == DeviceType.CUDA)
            ? ScalarType.BFloat16
            : ScalarType.Float32;

    private static LoraAdapter Adapt(CausalLM model, TrainRequest request)
    {
        if (request.InitAdapter is not { } folder)
        {
            return LoraAdapter.Create(
                model,
                LoraChoice.New(request.Lora, request.Model),
                unchecked((ulong)request.Train.Seed)
            );
        }

        LoraChoice.RequireSame(request.Lora, LoraConfigJson.ReadFolder(folder), folder);
        return LoraAdapter.Load(model, folder);
    }

    private static TrainingState? FindState(string? resume, CheckpointStore checkpoints, ITrainingObserver observer)
    {
        switch (resume)
        {
            case null:
                return null;
            case "auto":
                TrainingState? state = checkpoints.LoadLatest(observer.Warned);
                if (state is null)
                {
                    observer.Warned("there is no checkpoint to resume from: beginning at the first step");
                }

                return state;
            default:
                return checkpoints.LoadFrom(resume);
        }
    }

    private static void WriteManifest(
        OutputFolder output,
        TrainRequest request,
        RunSummary summary,
        RunFingerprint fingerprint,
        PackingPlan? packing,
        IObjective objective,
        TrainOutcome outcome
    )
    {
        Manifest manifest = new("train");
        foreach (string file in request.TrainFiles)
        {
            manifest.AddInput("train", file);
        }

        if (request.EvalFile is { } evaluation)
        {
            manifest.AddInput("eval", evaluation);
        }

        manifest.Options["objective"] = request.Objective;
        manifest.Options["train"] = RunIdentity.ToJson(request.Train);
        manifest.Options["lora"] = RunIdentity.ToJson(request.Lora);
        manifest.Options["fingerprint"] = fingerprint.ToJson();
        manifest.Counts["rows"] = summary.Rows;
        manifest.Counts["rows_without_labels"] = summary.RowsWithoutLabels;
        manifest.Counts["tokens"] = summary.Tokens;
        manifest.Counts["supervised_tokens"] = summary.SupervisedTokens;
        manifest.Counts["steps"] = outcome.Step;
        manifest.Counts["trainable_parameters"] = summary.TrainableParameters;
        if (packing is not null)
        {
            manifest.Counts["packing"] = packing.ToJson();
        }

        if (request.Distillation is { } distillation)
        {
            manifest.Options["distill"] = RunIdentity.ToJson(distillation.Settings);
            manifest.Counts["units"] = distillation.Units;
        }

        foreach ((string name, double value) in objective.Facts)
        {
            manifest.Counts[name] = value;
        }

        manifest.AddOutput(output["adapter_config.json"]);
        manifest.AddOutput(output["adapter_model.safetensors"]);
        manifest.WriteBeside(output.Root);
    }

    private static void WriteReport(
        OutputFolder output,
        TrainRequest request,
        RunSummary summary,
        RunFingerprint fingerprint,
        TrainOutcome outcome
    )
    {
        IReadOnlyList<System.Text.Json.JsonElement> steps = MetricsLog.ReadLines(output["metrics.jsonl"]);
        TrainingReport.Write(
            output["report.html"],
            new ReportFacts(
                $"mtt train: {Path.GetFileName(output.Root)}",
                ReportSummary.Of(summary, outcome, steps),
                [
                    .. Flatten("train", RunIdentity.ToJson(request.Train)),
                    .. Flatten("lora", RunIdentity.ToJson(request.Lora)),
                ],
                [
                    .. fingerprint
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
            ),
            steps,
            MetricsLog.ReadLines(output["evaluations.jsonl"])
        );
    }

    private static IEnumerable<(string, string)> Flatten(string section, JsonObject json) =>
        json.Where(pair => pair.Value is not null)
            .Select(pair => ($"{section}.{pair.Key}", pair.Value!.ToJsonString()));
}
