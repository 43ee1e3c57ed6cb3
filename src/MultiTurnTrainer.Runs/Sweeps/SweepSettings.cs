namespace MultiTurnTrainer.Runs.Sweeps;

/// <summary>How a sweep chooses configurations.</summary>
public enum SweepMethod
{
    /// <summary>Every combination of the values.</summary>
    Grid,

    /// <summary>Combinations drawn at random.</summary>
    Random,

    /// <summary>Successive halving: many configurations for few steps, the best of them for more (arXiv 1502.07943).</summary>
    Halving,
}

/// <summary>The file of <c>mtt train --sweep</c>.</summary>
public sealed record SweepSettings
{
    /// <summary>How configurations are chosen.</summary>
    public SweepMethod Method { get; init; }

    /// <summary>
    /// The settings that are varied, by their dotted names: a list of values, or for random and halving <c>{low, high}</c>, with
    /// <c>log: true</c> drawn by its logarithm, with <c>whole: true</c> rounded.
    /// </summary>
    public IReadOnlyDictionary<string, JsonView> Parameters { get; init; } = new Dictionary<string, JsonView>();

    /// <summary>The seeds that each configuration is trained with; empty takes the settings' own.</summary>
    public IReadOnlyList<int> Seeds { get; init; } = [];

    /// <summary>Configurations that random and halving draw; for halving null takes every combination.</summary>
    [Range(1, 100_000)]
    public int? Trials { get; init; }

    /// <summary>Seeds the draws.</summary>
    [Range(0, int.MaxValue)]
    public int Seed { get; init; }

    /// <summary>What halving and the table go by, such as <c>eval_loss</c> or <c>task_score</c>; null takes the score of tasks, else the loss of held-out rows, else the training loss.</summary>
    public string? Metric { get; init; }

    /// <summary>Of halving: how many times fewer configurations each rung has, and how many times more steps.</summary>
    [Range(2, 100)]
    public int Factor { get; init; } = 3;

    /// <summary>Of halving: optimizer steps of the first rung.</summary>
    [Range(1, int.MaxValue)]
    public int? MinSteps { get; init; }

    /// <summary>Of halving: the most optimizer steps, those of the last rung.</summary>
    [Range(1, int.MaxValue)]
    public int? MaxSteps { get; init; }
}
