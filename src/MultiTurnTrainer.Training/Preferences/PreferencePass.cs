// Folder Preferences: scores answers under policy and reference, and turns which one was better into gradient.
// Refuses to know: steps, optimizer, checkpoints, how pairs came about.
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Preferences;

/// <summary>
/// Scores a side without gradient, and adds the gradient of a weighted sum of its log-probabilities. What a token counts for is known
/// once both sides are scored, so each side goes through the model twice and needs the memory of a supervised step over its own rows.
/// </summary>
/// <param name="model">The base.</param>
/// <param name="adapter">What is trained.</param>
/// <param name="settings">Of the run; label smoothing and z-loss of tokens are off.</param>
/// <param name="recompute">Which blocks run twice.</param>
internal sealed class PreferencePass(CausalLM model, Adapter adapter, TrainSettings settings, Recompute recompute)
{
    private readonly BlockwisePass _pass = new(model, adapter, recompute);
    private readonly HeadPass _head = new(model, adapter, settings);
    private readonly HeadPass _base = new(model, null, settings);
    private readonly long _linearWeights = StepFlops.CountLinearWeights(model.Layout);

    /// <summary>Tokens a sequence may have.</summary>
    public int MaxPositions => model.Config.MaxPositions;

    /// <summary>The operations of a supervised step over a side.</summary>
    public double CountFlops(ScoredSide side) =>
        StepFlops.Count(model.Config, _linearWeights, adapter.Parameters.Flat.numel(), side.Data);

    /// <summary>The log-probability of each target under what is trained, nats, and how many were the most likely token.</summary>
    public (float[] Logs, long Hits) Score(ScoredSide side) => Score(side, adapter, _head);

    /// <summary>The same with the adapter off.</summary>
    public float[] ScoreBase(ScoredSide side) => Score(side, null, _base).Logs;

    /// <summary>Adds the gradient of −Σ factor · log-probability / <paramref name="normalizer"/>.</summary>
    /// <param name="side">The rows.</param>
    /// <param name="factors">Of each target; of either sign.</param>
    /// <param name="normalizer">What the sum is divided by.</param>
    /// <param name="seed">Of what is random in the pass.</param>
    /// <returns>Wall time in the head, seconds.</returns>
    public double AddGradient(ScoredSide side, float[] factors, double normalizer, ulong seed)
    {
        if (Array.TrueForAll(factors, factor => factor == 0))
        {
            return 0;
        }

        long ticks = 0;
        using DisposeScope scope = NewDisposeScope();
        Rows.MicroBatch weighted = side.Data with { Weights = factors };
        _pass.Run(
            weighted,
            seed,
            hidden =>
            {
                long begin = Stopwatch.GetTimestamp();
                HeadResult result = _head.ComputeGradient(hidden, weighted, normalizer);
                ticks = Stopwatch.GetTimestamp() - begin;
                return result.HiddenGradient!;
            }
        );
        return Stopwatch.GetElapsedTime(0, ticks).TotalSeconds;
    }

    private (float[] Logs, long Hits) Score(ScoredSide side, Adapter? under, HeadPass head)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        HeadResult result = head.ComputeLoss(side.Data.ComputeHidden(model, under), side.Data);
        return (Array.ConvertAll(result.TokenLosses(), loss => -loss), result.Read().Hits);
    }
}
