namespace MultiTurnTrainer.Training.SelfTest;

/// <summary>What one property of the trainer measured.</summary>
/// <param name="Name">The property.</param>
/// <param name="Passed">Whether it holds.</param>
/// <param name="Difference">The largest difference between two gradients over the largest gradient; 0 where bytes were compared.</param>
/// <param name="Detail">What was compared.</param>
public sealed record SelfTestResult(string Name, bool Passed, double Difference, string Detail);
