using MultiTurnTrainer.Models.Families;
using MultiTurnTrainer.Training.Checkpoints;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Processes;
using MultiTurnTrainer.Training.Samples;
using MultiTurnTrainer.Training.Schedule;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>One <c>mtt train</c>: checks, loads, trains, writes.</summary>
public static class TrainingRun
{
    private const string BeforeFirstStep = "before the first step";

    /// <summary>Trains. What can be refused is refused before weights are loaded.</summary>
    /// <param name="request">What to do.</param>
    /// <param name="observer">Told what happens.</param>
    /// <param name="time">The clock, for logs only: no number of the training depends on it.</param>
    /// <param name="stop">Asks to stop: the state is saved and the outcome says so.</param>
    /// <exception cref="MttException">Anything the user can correct.</exception>
    public static TrainOutcome Execute(
        TrainRequest request,
        ITrainingObserver observer,
        TimeProvider time,
        CancellationToken stop
    )
    {
        if (request.Place is not { } place)
        {
            return Execute(request, Ranks.Alone, observer, time, stop);
        }

        request = request.Record is null ? request.Recorded() : request;
        using Ranks ranks = Ranks.Join(
            place,
            RunIdentity.BeforeLoading(request),
            TimeSpan.FromSeconds(request.Train.DdpTimeout),
            observer.ProcessLost,
            stop
        );
        try
        {
            TrainOutcome outcome = Execute(request, ranks, observer, time, ranks.Stop);
            ranks.Leave();
            return outcome;
        }
        catch (OperationCanceledException)
        {
            ranks.Report($"stopped {BeforeFirstStep}");
            return new TrainOutcome(TrainEnd.Stopped, 0, null, BeforeFirstStep);
        }
        catch (Exception problem)
        {
            ranks.Report(problem.Message);
            throw;
        }
    }

    private static TrainOutcome Execute(
        TrainRequest request,
        Ranks ranks,
        ITrainingObserver observer,
        TimeProvider time,
        CancellationToken stop
    )
    {
        try
        {
            return Train(request, ranks, observer, time, stop);
        }
        catch (OperationCanceledException) when (ranks.World == 1)
        {
            return new TrainOutcome(TrainEnd.Stopped, 0, null, BeforeFirstStep);
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
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.Explain(request.Output, problem);
        }
    }

    private static TrainOutcome Train(
        TrainRequest request,
        Ranks ranks,
        ITrainingObserver observer,
        TimeProvider time,
        CancellationToken stop
    )
    {
        using StopSignal loading = new(stop, time, () => observer.StoppedMidStep(0, null));

        // 1. Rows, steps and place: all that can be refused without the weights.
        request = request.Record is null ? request.Recorded() : request;
        TrainSettings settings = request.Train;
        ModelConfig config = ModelConfigReader.ReadFolder(request.Model);
        TrainedWeights.RequireTrainable(config, settings);
        OutputFolder output = new(request.Output);
        using OutputLock? held = ranks.IsFirst ? output.Take(request.Force, request.Resume is not null) : null;
        TrainingData data = TrainingData.Load(request, config.VocabularySize, stop);
        request.Record!.RequireUnchanged();
        int units =
            request.Distillation?.Units ?? data.Packing?.Packs.Count ?? request.Preferences?.Units ?? data.Rows.Count;
        StepPlan plan = StepPlan.Create(settings, units);
        LearningRateSchedule.Create(settings, plan.TotalSteps).RequireSomeRate();
        if (ranks.IsFirst && request.Resume is { } checkpoint and not "auto")
        {
            CheckpointStore.Require(checkpoint);
        }

        RunPlace place = ChoosePlace(settings, ranks);

        // 2. The model, and what of it is trained.
        using CausalLM model = LoadBase(request, place, observer);
        stop.ThrowIfCancellationRequested();
        using Adapter adapter = TrainedWeights.Create(model, request);
        if (ranks.IsFirst)
        {
            output.Prepare(request.Resume is not null);
        }

        RunFingerprint fingerprint = RunIdentity.Fingerprint(request, data, TrainedWeights.Describe(adapter));
        Recompute recompute = RecomputeChoice.Decide(settings, model, adapter, data);
        LoadedRun run = new(request, data, plan, output, place, model, adapter, fingerprint, recompute, ranks);

        // 3. Steps, by the objective and its kind of micro-batch.
        return request.Objective switch
        {
            Objective.Sft => Optimise(
                new SftObjective(model, adapter, data.Rows, data.Packing?.Packs, settings, recompute)
            ),
            Objective.Kto => Optimise(ObjectiveFactory.CreateKto(run)),
            Objective.Dpo or Objective.Simpo or Objective.Orpo => Optimise(ObjectiveFactory.CreatePairs(run)),
            _ => Optimise(ObjectiveFactory.CreateDistilling(run, RequireLora(adapter))),
        };

        TrainOutcome Optimise<TBatch>(IObjective<TBatch> objective)
            where TBatch : IMicroBatch => Train(run, objective, observer, time, loading);
    }

    private static RunPlace ChoosePlace(TrainSettings settings, Ranks ranks)
    {
        RunPlace place = RunPlace.Choose(settings, ranks);
        if (place.Device.type == TorchSharp.DeviceType.CUDA)
        {
            if (ranks.World > 1)
            {
                throw new MttException(
                    $"{ranks.World} processes were started, and several train on processors alone: the collectives of GPUs (NCCL) are not bound",
                    "Give --device cpu, or start one process on the GPU."
                );
            }

            // On the processor every operator is so already. A run must go on bit for bit where it was stopped.
            TorchRuntime.UseDeterministicAlgorithms();
        }

        return place;
    }

    private static CausalLM LoadBase(TrainRequest request, RunPlace place, ITrainingObserver observer)
    {
        CausalLM model = LoraAdapter.LoadBase(
            request.Model,
            request.InitAdapter,
            place.Type,
            place.Device,
            request.Train.FourBit
        );
        if (model.SkippedTensors > 0)
        {
            observer.Warned(model.Skipped);
        }

        return model;
    }

    private static TrainOutcome Train<TBatch>(
        LoadedRun run,
        IObjective<TBatch> toOptimise,
        ITrainingObserver observer,
        TimeProvider time,
        StopSignal loading
    )
        where TBatch : IMicroBatch
    {
        using IObjective<TBatch> objective = toOptimise;
        TrainSettings settings = run.Request.Train;
        CheckpointStore checkpoints = new(run.Output.Checkpoints, run.Fingerprint, settings.SaveTotalLimit);
        using Trainer<TBatch> trainer = new(run, objective, CreateEvaluator(run), checkpoints, observer, time);

        // 1. Go on where a checkpoint is, and say what is about to happen.
        bool first = run.Ranks.IsFirst;
        if (first)
        {
            GoOn(run, trainer, checkpoints, observer);
        }

        trainer.Share();
        RunSummary summary = run.Summarise(trainer.Done + 1);
        observer.Started(summary);
        SampleAnswers? samples = first ? ReportSamples.Begin(run, trainer.Done, observer, loading.Token) : null;
        loading.Dispose();

        // 2. Train.
        TrainOutcome outcome = trainer.Run(loading.Token);
        objective.Merge(run.Ranks);
        if (!first)
        {
            return outcome;
        }

        if (objective.Facts.GetValueOrDefault("skipped_over_length") is > 0 and double skipped)
        {
            observer.Warned($"{skipped:F0} times a task was skipped: its dialogue left no room within max_length");
        }

        // 3. Write the weights of a run that came to its end, and what it leaves behind about itself.
        bool done = outcome.End is TrainEnd.Finished or TrainEnd.StoppedEarly;
        IReadOnlyList<string> files = [];
        if (done)
        {
            outcome = settings.LoadBestModelAtEnd ? RestoreBest(outcome, trainer, checkpoints) : outcome;
            files = TrainedWeights.Save(run.Adapter, run.Model, run.Request, run.Output);
            ReportSamples.End(samples, observer, loading.Token);
        }

        if (done)
        {
            RunRecords.WriteManifest(run, summary, objective.Facts, outcome.Step, files);
        }

        RunRecords.WriteReport(run, summary, objective.Facts, outcome, MachineSpeed.MeasureGflops(run.Place));
        return outcome;
    }

    private static IRunEvaluator? CreateEvaluator(LoadedRun run)
    {
        TrainSettings settings = run.Request.Train;
        Evaluator? rows =
            run.Data.Evaluation.Count > 0
                ? new(run.Model, run.Adapter, run.Data.Evaluation, settings, run.Ranks)
                : null;
        return run.Request.Tasks is { } tasks
            ? new TaskEvaluator(run.Model, run.Adapter, tasks, rows, settings, run.Ranks)
            : rows;
    }

    private static void GoOn<TBatch>(
        LoadedRun run,
        Trainer<TBatch> trainer,
        CheckpointStore checkpoints,
        ITrainingObserver observer
    )
        where TBatch : IMicroBatch
    {
        if (FindState(run.Request.Resume, checkpoints, observer) is { } state)
        {
            RequireSteps(run.Plan.TotalSteps, state, observer);
            trainer.Restore(state);
            run.Output.Reopen();
        }

        checkpoints.TakeOver();
    }

    // A run may be resumed to end elsewhere than it was begun to.
    private static void RequireSteps(int total, TrainingState state, ITrainingObserver observer)
    {
        if (state.Step > total)
        {
            throw new MttException(
                $"the checkpoint has {Counted.Of(state.Step, "step")}, this run ends at {total}",
                "Give more steps (--max-steps, --epochs), or name an earlier checkpoint: --resume DIR."
            );
        }

        if (state.HasOtherLength)
        {
            observer.Warned(
                $"the run was begun with another number of steps: from step {state.Step + 1} on, learning rates are those of a run of {total}"
            );
        }
    }

    /// <summary>Takes the best weights. Where their checkpoint is lost the last ones stay, for they are better than none.</summary>
    private static TrainOutcome RestoreBest<TBatch>(
        TrainOutcome outcome,
        Trainer<TBatch> trainer,
        CheckpointStore checkpoints
    )
        where TBatch : IMicroBatch
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
