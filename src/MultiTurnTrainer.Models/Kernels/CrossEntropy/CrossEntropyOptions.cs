namespace MultiTurnTrainer.Models.Kernels.CrossEntropy;

/// <summary>What the head computes beside the plain loss.</summary>
/// <param name="SoftCap">Logits become cap · tanh(logit / cap) first (Gemma 2); 0 for none.</param>
/// <param name="LabelSmoothing">Share of the target spread evenly over the vocabulary (PyTorch's definition); 0 for none.</param>
/// <param name="ZLoss">Weight of lse² added per token; 0 for none.</param>
/// <param name="Gradient">Whether the gradient is wanted; without it the head costs one product instead of two.</param>
/// <param name="Metrics">Whether accuracy and entropy are wanted.</param>
public sealed record CrossEntropyOptions(
    float SoftCap = 0,
    float LabelSmoothing = 0,
    float ZLoss = 0,
    bool Gradient = true,
    bool Metrics = false
);
