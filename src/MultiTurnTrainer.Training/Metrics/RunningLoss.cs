namespace MultiTurnTrainer.Training.Metrics;

/// <summary>
/// The exponential mean of the loss: about the last 20 steps count. The sum of the weights divides it (bias correction), so that
/// the first step does not count for more than its share.
/// </summary>
/// <param name="Sum">Weighted losses.</param>
/// <param name="Weight">The sum of their weights; 0 before the first.</param>
internal readonly record struct RunningLoss(double Sum, double Weight)
{
    private const double Decay = 0.95;

    /// <summary>The mean; 0 before the first step.</summary>
    public double Mean => Weight > 0 ? Sum / Weight : 0;

    /// <summary>With one more step.</summary>
    public RunningLoss Add(double loss) => new((Decay * Sum) + ((1 - Decay) * loss), (Decay * Weight) + (1 - Decay));
}
