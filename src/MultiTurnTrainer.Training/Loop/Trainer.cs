// Folder Loop: one run from request to weights: loading, steps, evaluation, saving, stopping.
// Refuses to know: what a loss is, how an objective learns, how rows were made.
using MultiTurnTrainer.Training.Checkpoints;
using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Optimization;
using MultiTurnTrainer.Training.Processes;
using MultiTurnTrainer.Training.Schedule;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>
/// The loop: micro-batches into one gradient, one update, metrics, evaluation, checkpoints. Everything a step does
/// follows from the seed and the step's number, so a run that was killed goes on bit for bit.
/// </summary>
internal sealed class Trainer<TBatch>(
    LoadedRun run,
    IObjective<TBatch> objective,
    IRunEvaluator? evaluator,
    CheckpointStore checkpoints,
    ITrainingObserver observer,
    TimeProvider time
) : IDisposable
    where TBatch : IMicroBatch
{
    private readonly TrainSettings _settings = run.Request.Train;
    private readonly StepPlan _plan = run.Plan;
    private readonly Ranks _ranks = run.Ranks;

    // Several processes each have a part of every step, unless what is drawn for a micro-batch hangs on what belongs to it: those stay
    // whole, so that the adapter is the same for any number of processes.
    private readonly int _parts = objective.Samples || run.Adapter.Dropout > 0 ? 1 : run.Ranks.World;
    private readonly ParameterSet _parameters = run.Adapter.Parameters;
    private readonly AdamW _optimizer = new(run.Adapter.Parameters, run.Request.Train);
    private readonly LearningRateSchedule _schedule = LearningRateSchedule.Create(
        run.Request.Train,
        run.Plan.TotalSteps
    );
    private readonly SpikeGuard _guard = new(run.Request.Train.SpikeThreshold);
    private int _done;
    private RunningLoss _smoothed;
    private double? _bestLoss;
    private int? _bestStep;
    private int _evaluationsWithoutGain;
    private int _evaluatedStep = -1;
    private StepMetrics? _last;

    // What a checkpoint holds: written by the thread that trains, read by the one that saves without waiting for it.
    private readonly Lock _state = new();
    private (int Step, string Folder)? _saved;

    /// <summary>Steps done.</summary>
    public int Done => _done;

    /// <summary>The step of the lowest evaluation loss; null where there was no evaluation.</summary>
    public int? BestStep => _bestStep;

    /// <summary>Goes on from a saved state.</summary>
    public void Restore(TrainingState state)
    {
        using IDisposable quiet = no_grad();
        foreach ((string name, Tensor target) in GetBuffers())
        {
            float[] values = state.Tensors.GetValueOrDefault(name) ?? [];
            if (values.Length != target.numel())
            {
                throw new MttException(
                    $"the checkpoint of step {state.Step} has {values.Length} {name}, this run has {target.numel()}",
                    "Resume with the adapter settings the run began with."
                );
            }

            using Tensor source = tensor(values);
            target.copy_(source);
        }

        Restore(state.Step, state.Counters);
    }

    private void Restore(int step, JsonView counters)
    {
        _done = step;
        // Checkpoints of versions before bias correction hold the mean alone.
        double weight = counters.Get("smoothed_weight")?.GetDouble() ?? 1;
        _smoothed = new RunningLoss(counters.GetProperty("smoothed").GetDouble(), weight);
        _bestLoss = counters.Get("best_loss")?.GetDouble();
        _bestStep = counters.Get("best_step")?.GetInt32();
        _evaluationsWithoutGain = counters.GetProperty("evaluations_without_gain").GetInt32();
        _evaluatedStep = counters.GetProperty("evaluated_step").GetInt32();
        _guard.Restore(counters.Get("spike_guard"));
        if (evaluator is not null)
        {
            evaluator.Spent = counters.Get("evaluation_spent")?.GetInt64() ?? 0;
        }
    }

    /// <summary>Gives the other processes the first one's state: it alone reads checkpoints.</summary>
    public void Share()
    {
        if (_ranks.World == 1)
        {
            return;
        }

        byte[] counters = _ranks.Share(() => RecordJson.ToLine(GetCounters()));
        int step = (int)_ranks.Share(_done);
        foreach ((_, Tensor values) in GetBuffers())
        {
            _ranks.Copy(values);
        }

        if (!_ranks.IsFirst)
        {
            Restore(step, JsonView.Parse(counters));
        }
        else if (_parts < _ranks.World && _settings.GradientAccumulationSteps < _ranks.World)
        {
            observer.Warned(
                $"a step has {Counted.Of(_settings.GradientAccumulationSteps, "micro-batch", "micro-batches")} for {_ranks.World} processes, and those are not split where something is drawn for them: set train.gradient_accumulation_steps to {_ranks.World} or a multiple, and a smaller batch size"
            );
        }
    }

    /// <summary>Trains to the end, or to whatever ends it before.</summary>
    /// <exception cref="MttException">The disk is full, memory ran out.</exception>
    public TrainOutcome Run(CancellationToken stop)
    {
        using StopSignal signal = new(stop, time, SaveMidStep);
        using MetricsLog? log = _ranks.IsFirst ? new(run.Output.Root, _done, time) : null;

        // 1. The evaluation before the first step, or the one that a stop came before.
        if (IsEvaluationDue() && !Evaluate(log, stop))
        {
            return Stop();
        }

        if (IsWithoutGain)
        {
            // Resumed after it had stopped early.
            return StopEarly();
        }

        if (_bestStep == 0 && _done == 0 && _settings.LoadBestModelAtEnd)
        {
            observer.Saved(_done, Save());
        }

        while (_done < _plan.TotalSteps)
        {
            // 2. Gradient and update, or none of the two.
            StepMetrics? metrics = Step(_done + 1, signal, out string? problem);
            if (problem is not null)
            {
                observer.Saved(_done, Save());
                return new TrainOutcome(TrainEnd.Diverged, _done, _last, problem);
            }

            if (metrics is null)
            {
                return Stop();
            }

            // 3. What is told, evaluated and saved after it.
            _last = metrics;
            log?.Write(metrics);
            observer.Stepped(metrics);
            if (!EvaluateAndSave(log, stop))
            {
                return Stop();
            }

            if (IsWithoutGain)
            {
                return StopEarly();
            }
        }

        return new TrainOutcome(TrainEnd.Finished, _done, _last, null);
    }

    public void Dispose() => _optimizer.Dispose();

    private bool IsWithoutGain => _evaluationsWithoutGain >= _settings.EarlyStoppingPatience;

    private TrainOutcome StopEarly() => new(TrainEnd.StoppedEarly, _done, _last, $"no gain since step {_bestStep}");

    private TrainOutcome Stop()
    {
        observer.Saved(_done, Save());
        return new TrainOutcome(TrainEnd.Stopped, _done, _last, null);
    }

    private StepMetrics? Step(int step, StopSignal signal, out string? problem)
    {
        problem = null;
        long begin = Stopwatch.GetTimestamp();

        // 1. The gradient of the whole step.
        if (Accumulate(step, signal.Token) is not { } work)
        {
            return null;
        }

        // 2. Whether it may reach the weights. A step without a label anywhere has no gradient: it passes without an update.
        double norm = work.IsSupervised ? _ranks.Share(_optimizer.GradientNorm()) : 0;
        bool spike = false;
        if (work.IsSupervised)
        {
            problem = Judge(step, work, norm, out spike);
            if (problem is not null)
            {
                return null;
            }
        }

        // 3. The update.
        double rate = _schedule.GetRate(step);
        bool skip = spike && _settings.SpikeAction == SpikeAction.Skip;
        signal.Update(() =>
        {
            if (work.IsSupervised)
            {
                _smoothed = _smoothed.Add(work.Loss);
                if (!skip)
                {
                    _optimizer.Step(step, rate, norm);
                    objective.Updated();
                }
            }

            _done = step;
        });

        // 4. What it measured.
        return Measure(step, work, norm, rate, Stopwatch.GetElapsedTime(begin).TotalSeconds) with
        {
            Spike = spike,
        };
    }

    /// <summary>Why a step must stop the run, or null. A spike that does not is warned of.</summary>
    private string? Judge(int step, StepWork work, double norm, out bool spike)
    {
        spike = false;
        string? problem = SpikeGuard.FindNotFinite(work.Loss, norm);
        if ((problem ?? _guard.Check(work.Branch, work.Loss)) is not { } reason)
        {
            return null;
        }

        string? file = _ranks.IsFirst ? run.Output["divergence.json"] : null;
        string report = SpikeReport.Write(file, step, reason, work.Parts, _parameters);
        if (problem is not null || _settings.SpikeAction == SpikeAction.Stop)
        {
            return report;
        }

        spike = true;
        _guard.Accept(work.Branch, work.Loss);
        observer.Warned(_settings.SpikeAction == SpikeAction.Skip ? $"no update at {report}" : report);
        return null;
    }

    /// <summary>The gradient of a step's micro-batches; null where a stop was asked for meanwhile.</summary>
    private StepWork? Accumulate(int step, CancellationToken stop)
    {
        TBatch[] batches = [.. _plan.GetMicroBatches(step, _parts).Select(objective.Prepare)];
        double normalizer = batches.Sum(batch => batch.Normalizer);
        objective.Begin(batches);
        using (no_grad())
        {
            _parameters.Gradient.zero_();
        }

        List<(int, IMicroBatch, MicroResult)> parts = [];
        bool stopped = false;
        foreach (int number in _ranks.Deal(Array.ConvertAll(batches, batch => batch.Flops)))
        {
            stopped = stop.IsCancellationRequested;
            if (stopped)
            {
                break;
            }

            ulong seed = new SeededRandom(_settings.Seed, ((long)step << 20) + number).Next();
            parts.Add((number, batches[number], Accumulate(batches[number], normalizer, seed)));
        }

        StepWork? work = StepExchange.Merge(_ranks, normalizer, parts, stopped);
        if (work is not null)
        {
            _ranks.Sum(_parameters.Gradient);
        }

        return work;
    }

    private MicroResult Accumulate(TBatch batch, double normalizer, ulong seed)
    {
        try
        {
            return objective.Accumulate(batch, normalizer, seed);
        }
        catch (MttException) when (_done > 0)
        {
            // A server that samples is gone: nothing of this step is in the weights, and those before are kept.
            observer.Saved(_done, Save());
            throw;
        }
    }

    private StepMetrics Measure(int step, StepWork work, double norm, double rate, double seconds)
    {
        long tokens = work.Parts.Sum(part => part.Batch.Tokens);
        long supervised = work.Parts.Sum(part => (long)part.Batch.SupervisedTokens);
        return new StepMetrics
        {
            Step = step,
            Epoch = step / (double)_plan.StepsPerEpoch,
            Loss = work.Loss,
            SmoothedLoss = _smoothed.Mean,
            GradNorm = norm,
            Lr = rate,
            Tokens = tokens,
            SupervisedTokens = supervised,
            Accuracy = work.Parts.Sum(part => part.Result.Hits) / (double)Math.Max(1, supervised),
            TokensPerSecond = tokens / seconds,
            Seconds = seconds,
            HeadShare = work.Parts.Sum(part => part.Result.HeadSeconds) / seconds / _ranks.World,
            RolloutTokens = work.Parts.Sum(part => part.Result.Rollout.Tokens),
            RolloutSeconds = work.Parts.Sum(part => part.Result.Rollout.Seconds) / _ranks.World,
            Gflops = work.Parts.Sum(part => part.Batch.Flops) / seconds / 1e9,
            PeakMemoryMb = PeakMemory.ReadMb(_parameters.Flat.device),
            Preferences = work.MergePreferences(step),
            Distillation = work.MergeDistillation(step),
            Rollout = work.FirstRollout(step),
        };
    }

    /// <summary>Evaluates and saves where it is time to; false where a stop was asked for meanwhile.</summary>
    private bool EvaluateAndSave(MetricsLog? log, CancellationToken stop)
    {
        bool last = _done == _plan.TotalSteps;
        int? bestBefore = _bestStep;
        if (IsEvaluationDue() && !Evaluate(log, stop))
        {
            return false;
        }

        bool due = _settings.SaveSteps > 0 && _done % _settings.SaveSteps == 0;
        if (due || last || IsWithoutGain || _bestStep != bestBefore)
        {
            observer.Saved(_done, Save());
        }

        return true;
    }

    // Before the first step, at every interval and at the end; a stop may have come between a step and its evaluation.
    private bool IsEvaluationDue() =>
        evaluator is { IsSpent: false }
        && _evaluatedStep != _done
        && (_done == _plan.TotalSteps || _done % (_settings.EvalSteps ?? _plan.StepsPerEpoch) == 0);

    private bool Evaluate(MetricsLog? log, CancellationToken stop)
    {
        if (evaluator!.Run(_done, _bestLoss, stop) is not { } metrics)
        {
            return false;
        }

        lock (_state)
        {
            (_evaluatedStep, _saved) = (_done, null);
            if (metrics.Best)
            {
                (_bestLoss, _bestStep, _evaluationsWithoutGain) = (metrics.Measure, _done, 0);
            }
            else
            {
                _evaluationsWithoutGain++;
            }
        }

        log?.Write(metrics);
        observer.Evaluated(metrics);
        return true;
    }

    /// <summary>Saves from another thread while a step goes on, of which nothing is in the state yet.</summary>
    private void SaveMidStep()
    {
        try
        {
            observer.StoppedMidStep(_done, Save());
        }
        catch (MttException)
        {
            // The loop meets the same when it comes to its own stop, and says so.
        }
    }

    /// <summary>Writes the state, unless it is on the disk already or another process writes it.</summary>
    private string Save()
    {
        if (!_ranks.IsFirst)
        {
            return "";
        }

        lock (_state)
        {
            if (_saved is not { } saved || saved.Step != _done)
            {
                saved = (_done, WriteCheckpoint());
                _saved = saved;
            }

            return saved.Folder;
        }
    }

    private string WriteCheckpoint()
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        return checkpoints.Save(_done, GetBuffers(), GetCounters(), _bestStep, WriteAdapter);
    }

    private JsonFields GetCounters() =>
        new()
        {
            ["smoothed"] = _smoothed.Sum,
            ["smoothed_weight"] = _smoothed.Weight,
            ["best_loss"] = _bestLoss,
            ["best_step"] = _bestStep,
            ["evaluations_without_gain"] = _evaluationsWithoutGain,
            ["evaluated_step"] = _evaluatedStep,
            ["evaluation_spent"] = evaluator?.Spent ?? 0,
            ["spike_guard"] = _guard.Save(),
        };

    // A checkpoint of an adapter is an adapter's folder too.
    private void WriteAdapter(string folder)
    {
        if (run.Adapter is LoraAdapter lora)
        {
            TrainedWeights.SaveAdapter(lora, run.Model, run.Request, folder);
        }
    }

    private IEnumerable<(string Name, Tensor Value)> GetBuffers() =>
        [
            ("parameters", _parameters.Flat),
            ("exp_avg", _optimizer.FirstMoment),
            ("exp_avg_sq", _optimizer.SecondMoment),
            .. objective.Buffers,
        ];
}
