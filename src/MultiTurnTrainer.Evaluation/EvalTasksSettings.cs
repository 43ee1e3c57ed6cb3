namespace MultiTurnTrainer.Evaluation;

/// <summary>The <c>eval_tasks:</c> section of <c>mtt.yaml</c>: how <c>mtt train --eval-tasks</c> scores tasks while it trains.</summary>
public sealed record EvalTasksSettings
{
    /// <summary>The modes, with commas between; the score is the mean over them.</summary>
    public string Modes { get; init; } = "sharded";

    /// <summary>The most tasks, the first of the file.</summary>
    [Range(1, 1_000_000)]
    public int Limit { get; init; } = 32;

    /// <summary>Runs of each task.</summary>
    [Range(1, 1000)]
    public int Runs { get; init; } = 1;

    /// <summary>Sampling temperature; 0 takes the likeliest token.</summary>
    [Range(0.0, 2.0)]
    public double Temperature { get; init; }

    /// <summary>The most tokens of a reply.</summary>
    [Range(1, 1_000_000)]
    public int MaxNewTokens { get; init; } = 256;

    /// <summary>Tokens that may be written in the whole run; then no more is scored. Null for no limit.</summary>
    [Range(1.0, 1e18)]
    public long? BudgetTokens { get; init; }
}
