// Folder Objectives: what is optimised over which data, and the forward and backward passes for it.
// Refuses to know: steps, optimizer, schedules, checkpoints.
using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Processes;

namespace MultiTurnTrainer.Training.Objectives;

/// <summary>
/// What a run optimises over which data. The loop knows steps, accumulation, optimizer and checkpoints; an objective knows
/// its units (rows, packs, trajectories) and turns some of them into gradient.
/// </summary>
/// <typeparam name="TBatch">The data of one micro-batch.</typeparam>
internal interface IObjective<TBatch> : IDisposable
    where TBatch : IMicroBatch
{
    /// <summary>Lays the data of one micro-batch out, without computing anything.</summary>
    /// <param name="units">Unit numbers.</param>
    TBatch Prepare(IReadOnlyList<int> units);

    /// <summary>Sees a step's micro-batches before the first of them: what is a mean over the whole step is counted here.</summary>
    /// <param name="batches">Of one optimizer step.</param>
    void Begin(IReadOnlyList<TBatch> batches) { }

    /// <summary>Adds the gradient of (loss sum / <paramref name="normalizer"/>) to the parameters' gradient.</summary>
    /// <param name="batch">One of <see cref="Prepare"/>'s.</param>
    /// <param name="normalizer">The normaliser of the whole optimizer step.</param>
    /// <param name="seed">Of whatever is random in this micro-batch; follows from run, step and micro-batch.</param>
    MicroResult Accumulate(TBatch batch, double normalizer, ulong seed);

    /// <summary>State beside the trained parameters that a checkpoint must hold.</summary>
    IEnumerable<(string Name, Tensor Value)> Buffers => [];

    /// <summary>Counts and means of the run, for its manifest.</summary>
    IReadOnlyDictionary<string, double> Facts => new Dictionary<string, double>();

    /// <summary>Whether it samples: what belongs to a micro-batch decides then what is drawn.</summary>
    bool Samples => false;

    /// <summary>Takes the counts of a run's other processes into <see cref="Facts"/>.</summary>
    void Merge(Ranks ranks) { }

    /// <summary>Called after each update of the parameters.</summary>
    void Updated() { }

    void IDisposable.Dispose() { }
}

/// <summary>The data of one micro-batch.</summary>
internal interface IMicroBatch
{
    /// <summary>Its tokens; where replies are sampled, known once the micro-batch has been accumulated.</summary>
    long Tokens { get; }

    /// <summary>Labels that count; known when <see cref="Tokens"/> is.</summary>
    int SupervisedTokens { get; }

    /// <summary>What it adds to the step's normaliser.</summary>
    double Normalizer { get; }

    /// <summary>Floating-point operations its maths needs.</summary>
    double Flops { get; }

    /// <summary>The ids of its rows, for messages.</summary>
    IReadOnlyList<string> RowIds { get; }

    /// <summary>The branch of the objective it took, where there are several whose losses are not comparable; known when <see cref="Tokens"/> is.</summary>
    string Branch => "";
}

/// <summary>What a micro-batch gave besides its gradient.</summary>
/// <param name="LossSum">Summed (weighted) token losses, not normalised; nats.</param>
/// <param name="Hits">Labels that were the most likely token.</param>
/// <param name="HeadSeconds">Wall time in the head and its loss.</param>
/// <param name="Rollout">What was sampled to learn from.</param>
internal readonly record struct MicroResult(
    double LossSum,
    long Hits,
    double HeadSeconds,
    RolloutEffort Rollout = default
)
{
    /// <summary>Rewards and margins; null where nothing is compared.</summary>
    public PreferenceTally? Preferences { get; init; }

    /// <summary>Terms of the loss and a dialogue to show; null where nothing is distilled.</summary>
    public DistillationTally? Distillation { get; init; }
}

/// <summary>What sampling cost.</summary>
/// <param name="Tokens">New tokens, stop tokens included.</param>
/// <param name="Seconds">Wall time, prompts included.</param>
internal readonly record struct RolloutEffort(long Tokens, double Seconds);
