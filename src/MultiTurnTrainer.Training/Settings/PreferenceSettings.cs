namespace MultiTurnTrainer.Training.Settings;

/// <summary>The loss of a pair under <c>--objective dpo</c>; δ is the difference of the sides' log-ratios to the reference.</summary>
public enum PairLossKind
{
    /// <summary>−log σ(βδ) (arXiv 2305.18290); with label smoothing the conservative form.</summary>
    Sigmoid,

    /// <summary>The unbiased estimate under a share of flipped labels (arXiv 2403.00409); needs label smoothing below 0.5.</summary>
    Robust,

    /// <summary>max(0, 1 − βδ) (SLiC).</summary>
    Hinge,

    /// <summary>(δ̄ − 1/(2β))², δ̄ of token means (arXiv 2310.12036).</summary>
    Ipo,

    /// <summary>−log σ(βδ̄): the sigmoid over token means.</summary>
    SigmoidNorm,

    /// <summary>Raises the chosen side, lowers the rejected one (arXiv 2408.06266).</summary>
    ApoZero,

    /// <summary>For a model that is better than the chosen answers already (arXiv 2408.06266).</summary>
    ApoDown,
}

/// <summary>The loss of a labelled row under <c>--objective kto</c>.</summary>
public enum RowLossKind
{
    /// <summary>KTO with the estimate of the divergence over the optimizer step (arXiv 2402.01306).</summary>
    Kto,

    /// <summary>The same around 0, which costs no extra forward pass.</summary>
    ApoZeroUnpaired,
}

/// <summary>How the answers after the fork make up a side's score.</summary>
public enum TurnWeighting
{
    /// <summary>All tokens of all answers.</summary>
    Sum,

    /// <summary>The mean of the answers' sums.</summary>
    Mean,

    /// <summary>The mean of the answers' token means.</summary>
    TokenMean,

    /// <summary>Multi-turn DPO (arXiv 2406.14868): answer j of T counts γʲ·(1 − γ^(T−j))/(1 − γ^T).</summary>
    Discount,
}

/// <summary>Which answers after the fork count.</summary>
public enum TurnChoice
{
    /// <summary>Every one.</summary>
    All,

    /// <summary>The last one of each side.</summary>
    Last,
}

/// <summary>What the policy is compared with.</summary>
public enum PreferenceReference
{
    /// <summary>The base: the same weights with the adapter off.</summary>
    Base,

    /// <summary>Nothing: the reference's log-probabilities are taken as 0.</summary>
    None,
}

/// <summary>
/// The <c>preference:</c> section: <c>--objective dpo</c>, <c>simpo</c>, <c>orpo</c> and <c>kto</c>. A null takes the objective's own
/// default, which the summary names.
/// </summary>
public sealed record PreferenceSettings
{
    /// <summary>The loss of a pair under <c>dpo</c>.</summary>
    public PairLossKind Loss { get; init; } = PairLossKind.Sigmoid;

    /// <summary>The loss of a row under <c>kto</c>.</summary>
    public RowLossKind KtoLoss { get; init; } = RowLossKind.Kto;

    /// <summary>β; 0.1, and 2 for simpo.</summary>
    [Range(1e-6, 1000.0)]
    public double? Beta { get; init; }

    /// <summary>The share of pairs whose sides may be swapped: sigmoid and simpo become conservative, robust corrects for it.</summary>
    [Range(0.0, 0.499)]
    public double LabelSmoothing { get; init; }

    /// <summary>γ of simpo: how much better the chosen side must be.</summary>
    [Range(0.0, 100.0)]
    public double Margin { get; init; } = 0.5;

    /// <summary>Factor of the chosen side's mean loss per token, added to the objective; 0, and 1 for orpo.</summary>
    [Range(0.0, 1000.0)]
    public double? SftWeight { get; init; }

    /// <summary>Which answers after the fork count.</summary>
    public TurnChoice Turns { get; init; } = TurnChoice.All;

    /// <summary>How they make up a side's score.</summary>
    public TurnWeighting TurnWeighting { get; init; } = TurnWeighting.Sum;

    /// <summary>γ of <see cref="TurnWeighting.Discount"/>.</summary>
    [Range(0.0, 1.0)]
    public double TurnDiscount { get; init; } = 0.7;

    /// <summary>Factor of desirable rows under kto.</summary>
    [Range(0.0, 1000.0)]
    public double DesirableWeight { get; init; } = 1;

    /// <summary>Factor of undesirable rows under kto.</summary>
    [Range(0.0, 1000.0)]
    public double UndesirableWeight { get; init; } = 1;

    /// <summary>What the policy is compared with.</summary>
    public PreferenceReference Reference { get; init; } = PreferenceReference.Base;

    /// <summary>A file of the reference's log-probabilities: read where it is there, written before the first step where it is not; null computes them in every step.</summary>
    public string? ReferenceFile { get; init; }

    /// <summary>These settings with an objective's own values in place of nulls.</summary>
    public PreferenceSettings For(Objective objective) =>
        this with
        {
            Beta = Beta ?? (objective == Objective.Simpo ? 2 : 0.1),
            SftWeight = SftWeight ?? (objective == Objective.Orpo ? 1 : 0),
        };
}
