using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Preferences;

/// <summary>The log-probability of a side's answers, each token times its weight.</summary>
/// <param name="Policy">Under what is trained; nats.</param>
/// <param name="Reference">Under the reference; 0 without one.</param>
/// <param name="Length">The sum of the weights: the number of tokens where all are 1.</param>
internal readonly record struct SideScore(double Policy, double Reference, double Length)
{
    /// <summary>ℓ = log π − log ρ.</summary>
    public double Ratio => Policy - Reference;
}

/// <summary>A loss with its derivatives with respect to each side's <see cref="SideScore.Policy"/>.</summary>
internal readonly record struct PairValue(double Loss, double Chosen, double Rejected);

/// <summary>Losses of a pair and of a labelled row, in double precision.</summary>
/// <param name="objective">dpo, simpo or orpo; or kto.</param>
/// <param name="settings">With the objective's own defaults (<see cref="PreferenceSettings.For"/>).</param>
internal sealed class PairLoss(Objective objective, PreferenceSettings settings)
{
    // A mean log-probability of 0 has infinite odds.
    private const double LargestMean = -1e-6;

    private readonly double _beta = settings.Beta!.Value;
    private readonly double _smoothing = settings.LabelSmoothing;

    /// <summary>The loss of a pair.</summary>
    public PairValue Compute(SideScore chosen, SideScore rejected) =>
        objective switch
        {
            Objective.Simpo => OfMeans(
                Conservative(
                    (_beta * ((chosen.Policy / chosen.Length) - (rejected.Policy / rejected.Length))) - settings.Margin
                ),
                chosen,
                rejected
            ),
            Objective.Orpo => OddsRatio(chosen, rejected),
            _ => settings.Loss switch
            {
                PairLossKind.Sigmoid => OfSums(Conservative(_beta * (chosen.Ratio - rejected.Ratio))),
                PairLossKind.Robust => OfSums(Robust(_beta * (chosen.Ratio - rejected.Ratio))),
                PairLossKind.Hinge => OfSums(Hinge(_beta * (chosen.Ratio - rejected.Ratio))),
                PairLossKind.Ipo => Ipo(chosen, rejected),
                PairLossKind.SigmoidNorm => OfMeans(
                    Conservative(_beta * ((chosen.Ratio / chosen.Length) - (rejected.Ratio / rejected.Length))),
                    chosen,
                    rejected
                ),
                PairLossKind.ApoZero => ApoZero(chosen, rejected),
                _ => ApoDown(chosen, rejected),
            },
        };

    /// <summary>The loss of a labelled row and its derivative.</summary>
    /// <param name="row">The row's score.</param>
    /// <param name="isDesirable">Its label.</param>
    /// <param name="center">z₀, the estimate of the divergence; 0 or more.</param>
    public (double Loss, double Slope) ComputeRow(SideScore row, bool isDesirable, double center)
    {
        double sign = isDesirable ? 1 : -1;
        double weight = isDesirable ? settings.DesirableWeight : settings.UndesirableWeight;
        double sigma = Sigmoid(sign * _beta * (row.Ratio - center));
        return (weight * (1 - sigma), -weight * sign * _beta * sigma * (1 - sigma));
    }

    /// <summary>1 / (1 + e⁻ˣ).</summary>
    public static double Sigmoid(double x) => x >= 0 ? 1 / (1 + Math.Exp(-x)) : Math.Exp(x) / (1 + Math.Exp(x));

    private static double LogSigmoid(double x) => x >= 0 ? -double.LogP1(Math.Exp(-x)) : x - double.LogP1(Math.Exp(x));

    // Loss and slope with respect to z.
    private (double Loss, double Slope) Conservative(double z) =>
        (
            -((1 - _smoothing) * LogSigmoid(z)) - (_smoothing * LogSigmoid(-z)),
            (_smoothing * Sigmoid(z)) - ((1 - _smoothing) * Sigmoid(-z))
        );

    private (double Loss, double Slope) Robust(double z)
    {
        double share = 1 - (2 * _smoothing);
        return (
            ((_smoothing * LogSigmoid(-z)) - ((1 - _smoothing) * LogSigmoid(z))) / share,
            -(((1 - _smoothing) * Sigmoid(-z)) + (_smoothing * Sigmoid(z))) / share
        );
    }

    private static (double Loss, double Slope) Hinge(double z) => (Math.Max(0, 1 - z), z < 1 ? -1 : 0);

    private PairValue OfSums((double Loss, double Slope) of) => new(of.Loss, _beta * of.Slope, -_beta * of.Slope);

    private PairValue OfMeans((double Loss, double Slope) of, SideScore chosen, SideScore rejected) =>
        new(of.Loss, _beta * of.Slope / chosen.Length, -_beta * of.Slope / rejected.Length);

    private PairValue Ipo(SideScore chosen, SideScore rejected)
    {
        double rest = (chosen.Ratio / chosen.Length) - (rejected.Ratio / rejected.Length) - (1 / (2 * _beta));
        return new(rest * rest, 2 * rest / chosen.Length, -2 * rest / rejected.Length);
    }

    private PairValue ApoZero(SideScore chosen, SideScore rejected)
    {
        double up = Sigmoid(_beta * chosen.Ratio);
        double down = Sigmoid(_beta * rejected.Ratio);
        return new(1 - up + down, -_beta * up * (1 - up), _beta * down * (1 - down));
    }

    private PairValue ApoDown(SideScore chosen, SideScore rejected)
    {
        double own = Sigmoid(_beta * chosen.Ratio);
        double apart = Sigmoid(_beta * (chosen.Ratio - rejected.Ratio));
        double slope = _beta * apart * (1 - apart);
        return new(own + 1 - apart, (_beta * own * (1 - own)) - slope, slope);
    }

    private PairValue OddsRatio(SideScore chosen, SideScore rejected)
    {
        double a = Math.Min(chosen.Policy / chosen.Length, LargestMean);
        double b = Math.Min(rejected.Policy / rejected.Length, LargestMean);
        // 1 − eᵃ without losing digits near 0.
        double restA = -double.ExpM1(a);
        double restB = -double.ExpM1(b);
        double odds = a - b - (Math.Log(restA) - Math.Log(restB));
        double slope = -_beta * Sigmoid(-odds);
        return new(-_beta * LogSigmoid(odds), slope / restA / chosen.Length, -slope / restB / rejected.Length);
    }
}
