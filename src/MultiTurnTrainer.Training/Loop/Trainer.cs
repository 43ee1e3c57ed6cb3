using System.Diagnostics;
using System.Text.Json.Nodes;
using MultiTurnTrainer.Files;
using MultiTurnTrainer.Models.Adapters;
using MultiTurnTrainer.Training.Checkpoints;
using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Optimization;
using MultiTurnTrainer.Training.Schedule;
using MultiTurnTrainer.Training.Settings;
using TorchSharp;
using static TorchSharp.torch;

namespace MultiTurnTrainer.Training.Loop;

/// <summary>
/// The loop: micro-batches into one gradient, one update, metrics, evaluation, checkpoints. Everything a step does
/// follows from the seed and the step's number, so a run that was killed goes on bit for bit.
/// </summary>
internal sealed class Trainer(
    IObjective objective,
    ParameterSet parameters,
    StepPlan plan,
    TrainSettings settings,
    Evaluator? evaluator,
    CheckpointStore checkpoints,
    OutputFolder output,
    ITrainingObserver observer,
    TimeProvider time
) : IDisposable
{
    // Of the running mean: about the last 20 steps count.
    private const double Smoothing = 0.95;

    /// <summary>How long a request to stop waits for the end of a micro-batch, or of loading.</summary>
    public static TimeSpan StopPatience { get; } = TimeSpan.FromSeconds(15);

    private readonly AdamW _optimizer = new(parameters, settings);
    private readonly LearningRateSchedule _schedule = LearningRateSchedule.Create(settings, plan.TotalSteps);
    private readonly SpikeGuard _guard = new(settings.SpikeThreshold);
    private int _done;
    private double _smoothed;
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

        _done = state.Step;
        _smoothed = state.Counters["smoothed"]!.GetValue<double>();
        _bestLoss = state.Counters["best_loss"]?.GetValue<double>();
        _bestStep = state.Counters["best_step"]?.GetValue<int>();
        _evaluationsWithoutGain = state.Counters["evaluations_without_gain"]!.GetValue<int>();
        _evaluatedStep = state.Counters["evaluated_step"]!.GetValue<int>();
        _guard.Restore(state.Counters["losses"]!.AsArray());
    }

    /// <summary>Trains to the end, or to whatever ends it before.</summary>
    /// <exception cref="MttException">The disk is full, memory ran out.</exception>
    public TrainOutcome Run(CancellationToken stop)
    {
        using StopSignal signal = new(stop, StopPatience, time, SaveMidStep);
        using MetricsLog log = new(output.Root, _done);
        using TensorBoardLog board = new(output.TensorBoard, time);
        if (IsEvaluationDue() && !Evaluate(log, board, stop))
        {
            return Stop();
        }

        if (IsWithoutGain)
        {
            // Resumed after it had stopped early.
            return StopEarly();
        }

        if (_bestStep == 0 && _done == 0 && settings.LoadBestModelAtEnd)
        {
            observer.Saved(_done, Save());
        }

        while (_done < plan.TotalSteps)
        {
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

            Report(metrics, log, board);
            if (!AfterStep(log, board, stop))
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

    /// <inheritdoc/>
    public void Dispose() => _optimizer.Dispose();

    private bool IsWithoutGain => _evaluationsWithoutGain >= settings.EarlyStoppingPatience;

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
        IMicroBatch[] batches = [.. plan.GetMicroBatches(step).Select(objective.Prepare)];
        double normalizer = batches.Sum(batch => batch.Normalizer);
        using (no_grad())
        {
            parameters.Gradient.zero_();
        }

        List<(IMicroBatch Batch, MicroResult Result)> parts = [];
        foreach (IMicroBatch batch in batches)
        {
            if (signal.Token.IsCancellationRequested)
            {
                return null;
            }

            ulong seed = new SeededRandom(settings.Seed, ((long)step << 20) + parts.Count).Next();
            parts.Add((batch, Accumulate(batch, normalizer, seed)));
        }

        // A step without a label anywhere has no gradient: it passes without an update.
        bool supervised = normalizer > 0;
        double loss = supervised ? parts.Sum(part => part.Result.LossSum) / normalizer : 0;
        double norm = supervised ? _optimizer.GradientNorm() : 0;
        if (supervised && _guard.Check(loss, norm) is { } reason)
        {
            problem = SpikeReport.Write(output["divergence.json"], step, reason, parts, parameters);
            return null;
        }

        double rate = _schedule.GetRate(step);
        signal.Update(() =>
        {
            if (supervised)
            {
                _optimizer.Step(step, rate, norm);
                objective.Updated();
                _smoothed = step == 1 ? loss : (Smoothing * _smoothed) + ((1 - Smoothing) * loss);
            }

            _done = step;
        });
        double seconds = Stopwatch.GetElapsedTime(begin).TotalSeconds;
        long tokens = batches.Sum(batch => batch.Tokens);
        long supervisedTokens = batches.Sum(batch => (long)batch.SupervisedTokens);
        return new StepMetrics
        {
            Step = step,
            Epoch = step / (double)plan.StepsPerEpoch,
            Loss = loss,
            SmoothedLoss = _smoothed,
            GradNorm = norm,
            Lr = rate,
            Tokens = tokens,
            SupervisedTokens = supervisedTokens,
            Accuracy = parts.Sum(part => part.Result.Hits) / (double)Math.Max(1, supervisedTokens),
            TokensPerSecond = tokens / seconds,
            Seconds = seconds,
            HeadShare = parts.Sum(part => part.Result.HeadSeconds) / seconds,
            RolloutTokens = parts.Sum(part => part.Result.Rollout.Tokens),
            RolloutSeconds = parts.Sum(part => part.Result.Rollout.Seconds),
            Gflops = batches.Sum(batch => batch.Flops) / seconds / 1e9,
            PeakMemoryMb = PeakMemory.ReadMb(parameters.Flat.device),
        };
    }

    private MicroResult Accumulate(IMicroBatch batch, double normalizer, ulong seed)
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

    private void Report(StepMetrics metrics, MetricsLog log, TensorBoardLog board)
    {
        _last = metrics;
        WriteFiles(() =>
        {
            log.Write(metrics);
            board.Write(
                metrics.Step,
                [
                    ("train/loss", metrics.Loss),
                    ("train/grad_norm", metrics.GradNorm),
                    ("train/learning_rate", metrics.Lr),
                    ("train/accuracy", metrics.Accuracy),
                    ("train/tokens_per_second", metrics.TokensPerSecond),
                    ("train/head_share", metrics.HeadShare),
                ]
            );
        });
        observer.Stepped(metrics);
    }

    /// <summary>Evaluates and saves where it is time to; false where a stop was asked for meanwhile.</summary>
    private bool AfterStep(MetricsLog log, TensorBoardLog board, CancellationToken stop)
    {
        bool last = _done == plan.TotalSteps;
        int? bestBefore = _bestStep;
        if (IsEvaluationDue() && !Evaluate(log, board, stop))
        {
            return false;
        }

        bool due = settings.SaveSteps > 0 && _done % settings.SaveSteps == 0;
        if (due || last || IsWithoutGain || _bestStep != bestBefore)
        {
            observer.Saved(_done, Save());
        }

        return true;
    }

    // Before the first step, at every interval and at the end; a stop may have come between a step and its evaluation.
    private bool IsEvaluationDue() =>
        evaluator is not null
        && _evaluatedStep != _done
        && (_done == plan.TotalSteps || _done % (settings.EvalSteps ?? plan.StepsPerEpoch) == 0);

    private bool Evaluate(MetricsLog log, TensorBoardLog board, CancellationToken stop)
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
                (_bestLoss, _bestStep, _evaluationsWithoutGain) = (metrics.Loss, _done, 0);
            }
            else
            {
                _evaluationsWithoutGain++;
            }
        }

        WriteFiles(() =>
        {
            log.Write(metrics);
            board.Write(
                _done,
                [
                    ("eval/loss", metrics.Loss),
                    ("eval/accuracy", metrics.Accuracy),
                    .. metrics.ByTurn.Select(turn => ($"eval/loss_turn_{turn.Key}", turn.Value.Loss)),
                    .. metrics.ByRole.Select(role => ($"eval/loss_role_{role.Key}", role.Value.Loss)),
                    .. metrics.ByField.Select(field => ($"eval/loss_{field.Key}", field.Value.Loss)),
                ]
            );
        });
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

    /// <summary>Writes the state, unless it is on the disk already.</summary>
    private string Save()
    {
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
        JsonObject counters = new()
        {
            ["smoothed"] = _smoothed,
            ["best_loss"] = _bestLoss,
            ["best_step"] = _bestStep,
            ["evaluations_without_gain"] = _evaluationsWithoutGain,
            ["evaluated_step"] = _evaluatedStep,
            ["losses"] = _guard.Save(),
        };
        return checkpoints.Save(_done, GetBuffers(), counters, _bestStep);
    }

    private IEnumerable<(string Name, Tensor Value)> GetBuffers() =>
        [
            ("parameters", parameters.Flat),
            ("exp_avg", _optimizer.FirstMoment),
            ("exp_avg_sq", _optimizer.SecondMoment),
            .. objective.Buffers,
        ];

    private void WriteFiles(Action write)
    {
        try
        {
            write();
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw OutputFile.Explain(output.Root, problem);
        }
    }
}
