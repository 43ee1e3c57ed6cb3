using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Schedule;

/// <summary>
/// The learning rate of each step. Step n counts from 1 and the warm-up gives it n/w of the peak, so the first step
/// already learns; afterwards progress is (n − w)/(N − w), so the last step is at the floor.
/// </summary>
/// <param name="Type">The curve after the warm-up.</param>
/// <param name="Peak">The highest rate.</param>
/// <param name="FloorRatio">The last rate as a share of the highest.</param>
/// <param name="WarmupSteps">Steps of warm-up, w.</param>
/// <param name="TotalSteps">All steps, N.</param>
internal sealed record LearningRateSchedule(
    LrSchedulerType Type,
    double Peak,
    double FloorRatio,
    int WarmupSteps,
    int TotalSteps
)
{
    // Of the steps after the warm-up: the last fifth decays.
    private const double StableShare = 0.8;

    /// <summary>The schedule that settings ask for.</summary>
    public static LearningRateSchedule Create(TrainSettings settings, int totalSteps) =>
        new(
            settings.LrSchedulerType,
            settings.LearningRate,
            settings.MinLrRatio,
            settings.WarmupSteps ?? (int)Math.Ceiling(settings.WarmupRatio * totalSteps),
            totalSteps
        );

    /// <summary>Refuses a run that would change nothing.</summary>
    /// <exception cref="MttException">Every step has the rate 0.</exception>
    public void RequireSomeRate()
    {
        if (!Enumerable.Range(1, TotalSteps).Any(step => GetRate(step) > 0))
        {
            throw new MttException(
                $"the learning rate is 0 in every step: {Counted.Of(TotalSteps, "step")}, {Counted.Of(WarmupSteps, "step")} of warm-up",
                "Set train.learning_rate above 0, more steps, train.warmup_steps=1, or train.lr_scheduler_type=constant."
            );
        }
    }

    /// <summary>The rate of step <paramref name="step"/>, counted from 1.</summary>
    public double GetRate(int step) => Peak * GetFactor(step);

    private double GetFactor(int step)
    {
        if (Type == LrSchedulerType.Constant)
        {
            return 1;
        }

        if (step <= WarmupSteps)
        {
            return (double)step / WarmupSteps;
        }

        double progress = Math.Clamp((step - WarmupSteps) / (double)Math.Max(1, TotalSteps - WarmupSteps), 0, 1);
        double shape = Type switch
        {
            LrSchedulerType.Linear => 1 - progress,
            LrSchedulerType.Cosine or LrSchedulerType.CosineWithMinLr => 0.5 * (1 + Math.Cos(Math.PI * progress)),
            LrSchedulerType.InverseSqrt => Math.Sqrt(Math.Max(1, WarmupSteps) / (double)step),
            LrSchedulerType.WarmupStableDecay => Math.Min(1, (1 - progress) / (1 - StableShare)),
            _ => 1,
        };
        return FloorRatio + ((1 - FloorRatio) * shape);
    }
}
