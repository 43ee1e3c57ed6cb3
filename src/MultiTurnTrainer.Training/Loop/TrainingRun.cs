using MultiTurnTrainer.Files;
using MultiTurnTrainer.LibTorch.Providers;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Models.Architectures;
using MultiTurnTrainer.Models.Configuration;
using MultiTurnTrainer.Models.Lora;
using MultiTurnTrainer.Training.Checkpoints;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Schedule;
using MultiTurnTrainer.Training.Settings;

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
        try
        {
            return Train(request, observer, time, stop);
        }
        catch (OperationCanceledException)
        {
            return new TrainOutcome(TrainEnd.Stopped, 0, null, "before the first step");
        }
        catch (Exception problem) when (MemoryShortage.Is(problem))
        {
            throw MemoryAdvice.Explain(request.Train, problem);
        }
        catch (Exception problem) when (OutputFile.IsDiskFull(problem))
        {
            // It may first show when a log is closed; checkpoints are whole by then.
            throw new MttException(
                problem is MttException ? problem.Message : OutputFile.Explain(request.Output, problem).Message,
                "Free some space and go on with --resume: every checkpoint that was saved is whole.",
                problem
            );
        }
        catch (IOException problem)
        {
            throw OutputFile.Explain(request.Output, problem);
        }
    }

    private static TrainOutcome Train(
        TrainRequest request,
        ITrainingObserver observer,
        TimeProvider time,
        CancellationToken stop
    )
    {
        TrainSettings settings = request.Train;
        using StopSignal loading = new(stop, Trainer.StopPatience, time, () => observer.StoppedMidStep(0, null));
        ModelConfig config = ModelConfigReader.ReadFolder(request.Model);
        TrainingData data = TrainingData.Load(request, config.VocabularySize, stop);
        int units = request.Distillation?.Units ?? data.Packing?.Packs.Count ?? data.Rows.Count;
        StepPlan plan = StepPlan.Create(settings, units);
        OutputFolder output = new(request.Output);
        output.Check(request.Force, request.Resume is not null);
        if (request.Resume is { } checkpoint and not "auto")
        {
            CheckpointStore.Require(checkpoint);
        }

        RunPlace place = RunPlace.Choose(settings);
        if (place.Device.type == TorchSharp.DeviceType.CUDA)
        {
            // On the processor every operator is so already. A run must go on bit for bit where it was stopped.
            TorchRuntime.UseDeterministicAlgorithms();
        }

        using CausalLM model = CausalLM.Load(request.Model, place.Type, place.Device);
        stop.ThrowIfCancellationRequested();
        using Adapter adapter = TrainedWeights.Create(model, request);
        output.Prepare(request.Resume is not null);
        RunFingerprint fingerprint = RunIdentity.Fingerprint(request, data, TrainedWeights.Describe(adapter));
        CheckpointStore checkpoints = new(output.Checkpoints, fingerprint, settings.SaveTotalLimit);
        Recompute recompute = RecomputeChoice.Decide(settings, model, adapter, data);
        using IObjective objective = request.Distillation is null
            ? new SftObjective(model, adapter, data.Rows, data.Packing?.Packs, settings, recompute)
            : ObjectiveFactory.CreateDistilling(request, model, RequireLora(adapter), recompute, output);
        Evaluator? evaluator =
            data.Evaluation.Count > 0 ? new Evaluator(model, adapter, data.Evaluation, settings) : null;
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
            place.DeviceText,
            place.TypeText,
            model.ParameterCount,
            adapter.Parameters.Flat.numel(),
            data.Rows.Count,
            data.Rows.Sum(row => (long)row.InputIds.Length),
            data.Rows.Sum(row => (long)row.SupervisedTokens),
            data.Rows.Count(row => row.SupervisedTokens == 0),
            data.Evaluation.Count,
            data.Packing?.Packs.Count ?? 0,
            data.Packing?.Efficiency ?? 1,
            plan.TotalSteps,
            trainer.Done + 1,
            recompute.ToString().ToLowerInvariant()
        )
        {
            Tasks = request.Distillation?.Units ?? 0,
        };
        observer.Started(summary);
        double machineGflops = MachineSpeed.MeasureGflops(place);
        loading.Dispose();
        TrainOutcome outcome = trainer.Run(stop);
        if (objective.Facts.GetValueOrDefault("skipped_over_length") is > 0 and double skipped)
        {
            observer.Warned($"{skipped:F0} times a task was skipped: its dialogue left no room within max_length");
        }

        bool done = outcome.End is TrainEnd.Finished or TrainEnd.StoppedEarly;
        IReadOnlyList<string> files = [];
        if (done)
        {
            outcome = settings.LoadBestModelAtEnd ? RestoreBest(outcome, trainer, checkpoints) : outcome;
            files = TrainedWeights.Save(adapter, model, request.Model, output);
            // Other programs may have slowed the first measure down; the yardstick is what the machine can do.
            machineGflops = Math.Max(machineGflops, MachineSpeed.MeasureGflops(place));
        }

        RunRecords.WriteReport(output, request, summary, fingerprint, outcome, machineGflops);
        if (done)
        {
            RunRecords.WriteManifest(
                output,
                request,
                summary,
                fingerprint,
                data.Packing,
                objective,
                outcome.Step,
                files
            );
        }

        return outcome;
    }

    /// <summary>Takes the best weights. Where their checkpoint is lost the last ones stay, for they are better than none.</summary>
    private static TrainOutcome RestoreBest(TrainOutcome outcome, Trainer trainer, CheckpointStore checkpoints)
    {
        if (trainer.BestStep is not { } best || best == trainer.Done)
        {
            return outcome;
        }

        try
        {
            trainer.Restore(checkpoints.LoadStep(best));
            return outcome;
        }
        catch (MttException problem)
        {
            return outcome with { BestLost = problem.Message };
        }
    }

    private static LoraAdapter RequireLora(Adapter adapter) =>
        adapter as LoraAdapter
        ?? throw new MttException(
            "the distilling objectives train an adapter: the reference is the model without it",
            "Leave train.finetuning_type at lora."
        );

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
}
