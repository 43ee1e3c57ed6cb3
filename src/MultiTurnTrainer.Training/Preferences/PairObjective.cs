using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Preferences;

/// <summary>
/// DPO, SimPO and ORPO over pairs: the mean over a step's pairs of the pair's loss, and where wanted the mean over the step's chosen
/// tokens of their own loss. Nothing depends on how a step is cut into micro-batches.
/// </summary>
/// <param name="data">The pairs; a unit is one, or a pack of some.</param>
/// <param name="packs">Pair numbers per unit; null where each pair is a unit.</param>
/// <param name="loss">Of a pair.</param>
/// <param name="pass">Scores and differentiates.</param>
/// <param name="reference">log ρ.</param>
/// <param name="settings">With the objective's own defaults.</param>
internal sealed class PairObjective(
    PreferenceData data,
    IReadOnlyList<int[]>? packs,
    PairLoss loss,
    PreferencePass pass,
    ReferenceScores reference,
    PreferenceSettings settings
) : IObjective<PairBatch>
{
    private double _chosenWeight;
    private double _stepPairs;

    public PairBatch Prepare(IReadOnlyList<int> units)
    {
        int[] pairs = packs is null ? [.. units] : [.. units.SelectMany(unit => packs[unit])];
        ScoredSide chosen = ScoredSide.Create(data.Rows, pairs, settings);
        ScoredSide rejected = ScoredSide.Create(
            data.Rows,
            [.. pairs.Select(pair => pair + data.Pairs.Count)],
            settings
        );
        return new PairBatch(
            chosen,
            rejected,
            pass.CountFlops(chosen) + pass.CountFlops(rejected),
            [.. pairs.Select(pair => data.Rows[pair].Id ?? "")]
        );
    }

    public void Begin(IReadOnlyList<PairBatch> batches)
    {
        _chosenWeight = batches.Sum(batch => batch.Chosen.WeightSum);
        _stepPairs = batches.Sum(batch => batch.Normalizer);
    }

    public MicroResult Accumulate(PairBatch batch, double normalizer, ulong seed)
    {
        // 1. Both sides without gradient, under policy and reference.
        (float[] chosenLogs, long chosenHits) = pass.Score(batch.Chosen);
        (float[] rejectedLogs, long rejectedHits) = pass.Score(batch.Rejected);
        float[]? chosenReference = reference.Find(batch.Chosen);
        float[]? rejectedReference = reference.Find(batch.Rejected);

        // 2. Each pair's loss, and what its sides' log-probabilities count for.
        SideScore[] chosen = batch.Chosen.Sum(chosenLogs, chosenReference);
        SideScore[] rejected = batch.Rejected.Sum(rejectedLogs, rejectedReference);
        PairValue[] values = [.. chosen.Zip(rejected, loss.Compute)];
        float[] chosenFactors = Spread(batch.Chosen, values, value => -value.Chosen);
        float[] rejectedFactors = Spread(batch.Rejected, values, value => -value.Rejected);
        double total = values.Sum(value => value.Loss) + AddSft(batch.Chosen, chosenLogs, chosenFactors);

        // 3. Each side once more, with gradient.
        double seconds = pass.AddGradient(batch.Chosen, chosenFactors, normalizer, seed);
        seconds += pass.AddGradient(batch.Rejected, rejectedFactors, normalizer, seed);
        PreferenceTally tally = new();
        Tally(tally, null, chosen, rejected);
        foreach (int turn in batch.Chosen.Turns.Intersect(batch.Rejected.Turns))
        {
            Tally(
                tally,
                turn,
                batch.Chosen.Sum(chosenLogs, chosenReference, turn),
                batch.Rejected.Sum(rejectedLogs, rejectedReference, turn)
            );
        }

        return new MicroResult(total, chosenHits + rejectedHits, seconds) { Preferences = tally };
    }

    private static float[] Spread(ScoredSide side, PairValue[] values, Func<PairValue, double> of)
    {
        float[] factors = new float[side.Weights.Length];
        for (int i = 0; i < factors.Length; i++)
        {
            factors[i] = (float)(of(values[side.RowOf[i]]) * side.Weights[i]);
        }

        return factors;
    }

    // The SFT term is a mean over the chosen tokens of the step, the rest one over its pairs.
    private double AddSft(ScoredSide chosen, float[] logs, float[] factors)
    {
        if (settings.SftWeight is 0 or null || _chosenWeight == 0)
        {
            return 0;
        }

        double share = settings.SftWeight.Value * _stepPairs / _chosenWeight;
        double sum = 0;
        for (int i = 0; i < factors.Length; i++)
        {
            double weight = share * (chosen.Data.Weights?[i] ?? 1);
            factors[i] += (float)weight;
            sum -= weight * logs[i];
        }

        return sum;
    }

    private void Tally(PreferenceTally tally, int? turn, SideScore[] chosen, SideScore[] rejected)
    {
        for (int i = 0; i < chosen.Length; i++)
        {
            if (chosen[i].Length > 0 && rejected[i].Length > 0)
            {
                double beta = settings.Beta!.Value;
                tally.AddPair(
                    turn,
                    loss.Compute(chosen[i], rejected[i]).Loss,
                    (beta * chosen[i].Ratio, chosen[i].Policy),
                    (beta * rejected[i].Ratio, rejected[i].Policy)
                );
            }
        }
    }
}

/// <summary>Some pairs, each side laid end to end.</summary>
/// <param name="Chosen">The better side.</param>
/// <param name="Rejected">The other.</param>
/// <param name="Flops">Operations of the maths; the passes without gradient are not counted.</param>
/// <param name="RowIds">The pairs' ids.</param>
internal sealed record PairBatch(ScoredSide Chosen, ScoredSide Rejected, double Flops, IReadOnlyList<string> RowIds)
    : IMicroBatch
{
    public long Tokens => Chosen.Data.Tokens + Rejected.Data.Tokens;

    public int SupervisedTokens => Chosen.Data.Targets.Length + Rejected.Data.Targets.Length;

    /// <summary>Every pair counts once, however long it is.</summary>
    public double Normalizer => Chosen.Numbers.Count;
}
