namespace MultiTurnTrainer.Training.Checkpoints;

/// <summary>
/// All that a later process needs to go on as if nothing had happened. The order of rows and dropout's masks follow
/// from seed and step, so there is no generator's state to keep.
/// </summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Tensors">The flat float32 buffers: <c>parameters</c>, <c>exp_avg</c>, <c>exp_avg_sq</c>.</param>
/// <param name="Counters">Small state of the loop: smoothed loss, what the spike guard saw, best evaluation, patience, budget.</param>
internal sealed record TrainingState(int Step, IReadOnlyDictionary<string, float[]> Tensors, JsonView Counters)
{
    /// <summary>Whether the run that wrote it was to end at another step.</summary>
    public bool HasOtherLength { get; init; }
}
