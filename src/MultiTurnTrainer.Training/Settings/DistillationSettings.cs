namespace MultiTurnTrainer.Training.Settings;

/// <summary>What a middle turn's loss is multiplied by.</summary>
public enum MiddleWeight
{
    /// <summary>The reliability weight of MAIGO, section 3.3.</summary>
    Reliability,

    /// <summary>One: the paper's ablation.</summary>
    Uniform,
}

/// <summary>Which middle turns of a dialogue are trained on.</summary>
public enum MiddleTurns
{
    /// <summary>One, drawn uniformly: Algorithm 1 of the paper.</summary>
    One,

    /// <summary>Each of them, its loss divided by their number: the mean that one drawn turn estimates.</summary>
    All,
}

/// <summary>What the reference sees at the answer turn.</summary>
public enum AnswerReference
{
    /// <summary>The user's turns and the canonical task after them (the paper's default).</summary>
    CleanedAndTask,

    /// <summary>The whole task in one prompt: the paper's ablation, and CCOPD.</summary>
    Full,
}

/// <summary>
/// The <c>distill:</c> section: history-cleaned on-policy self-distillation. Defaults are MAIGO's (arXiv 2605.27186,
/// table of hyperparameters); where the paper gives none the summary says so.
/// </summary>
public sealed record DistillationSettings
{
    /// <summary>β of a middle turn: 0.5 is the symmetric Jensen–Shannon divergence.</summary>
    [Range(0.0, 1.0)]
    public double BetaMiddle { get; init; } = 0.5;

    /// <summary>β of the answer turn: 1 is KL(student ‖ reference).</summary>
    [Range(0.0, 1.0)]
    public double BetaFinal { get; init; } = 1.0;

    /// <summary>β of the FULL branch.</summary>
    [Range(0.0, 1.0)]
    public double BetaFull { get; init; } = 1.0;

    /// <summary>The most one token's divergence counts, nats. The paper lists "token-level clipping 0.5" without a formula.</summary>
    [Range(1e-6, double.MaxValue)]
    public double Clip { get; init; } = 0.5;

    /// <summary>ρ, the probability of the FULL branch.</summary>
    [Range(0.0, 1.0)]
    public double Rho { get; init; } = 0.2;

    /// <summary>α, the factor of the middle loss; 0 leaves it out (the paper's ablation).</summary>
    [Range(0.0, 1000.0)]
    public double Alpha { get; init; } = 1.0;

    /// <summary>λ, the decay of the reference's moving average.</summary>
    [Range(0.0, 1.0)]
    public double EmaDecay { get; init; } = 0.99;

    /// <summary>The floor of δ in the reliability weight; the paper gives no value.</summary>
    [Range(1e-12, 1.0)]
    public double Epsilon { get; init; } = 1e-6;

    /// <summary>Which middle turns of a dialogue are trained on; all costs more and estimates the same mean.</summary>
    public MiddleTurns MiddleTurns { get; init; } = MiddleTurns.One;

    /// <summary>What a middle turn's loss is multiplied by.</summary>
    public MiddleWeight MiddleWeight { get; init; } = MiddleWeight.Reliability;

    /// <summary>What the reference sees at the answer turn.</summary>
    public AnswerReference AnswerReference { get; init; } = AnswerReference.CleanedAndTask;

    /// <summary>What becomes of user turns that follow one another in the reference's context; null asks the template.</summary>
    public ConsecutiveUsers? ConsecutiveUsers { get; init; }

    /// <summary>Sampling temperature of rollouts.</summary>
    [Range(0.0, 100.0)]
    public double Temperature { get; init; } = 1.0;

    /// <summary>Nucleus of rollouts.</summary>
    [Range(0.0, 1.0)]
    public double TopP { get; init; } = 0.95;

    /// <summary>Top-k of rollouts; 0 for all. Losses always use the whole distribution.</summary>
    [Range(0, int.MaxValue)]
    public int TopK { get; init; } = 20;

    /// <summary>Most new tokens of a middle turn.</summary>
    [Range(1, int.MaxValue)]
    public int MaxNewTokensMiddle { get; init; } = 256;

    /// <summary>Most new tokens of an answer, and of the FULL branch.</summary>
    [Range(1, int.MaxValue)]
    public int MaxNewTokensAnswer { get; init; } = 4096;

    /// <summary>Prompts decoded together.</summary>
    [Range(1, 65536)]
    public int RolloutBatchSize { get; init; } = 64;
}
