using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Objectives;

/// <summary>Supervised fine-tuning: the cross-entropy of labelled tokens, weighted where rows have weights.</summary>
/// <param name="model">The base.</param>
/// <param name="adapter">What is trained.</param>
/// <param name="rows">The data.</param>
/// <param name="packs">Row numbers per unit; null where each row is a unit.</param>
/// <param name="settings">Normalisation, label smoothing, z-loss.</param>
/// <param name="recompute">Which blocks run twice.</param>
internal sealed class SftObjective(
    CausalLM model,
    Adapter adapter,
    IReadOnlyList<TokenRow> rows,
    IReadOnlyList<int[]>? packs,
    TrainSettings settings,
    Recompute recompute
) : IObjective<SftBatch>
{
    private readonly BlockwisePass _pass = new(model, adapter, recompute);
    private readonly HeadPass _head = new(model, adapter, settings);
    private readonly long _linearWeights = StepFlops.CountLinearWeights(model.Layout);

    /// <summary>How many rows or packs there are.</summary>
    public int Units => packs?.Count ?? rows.Count;

    public SftBatch Prepare(IReadOnlyList<int> units)
    {
        int[] chosen = packs is null ? [.. units] : [.. units.SelectMany(unit => packs[unit])];
        MicroBatch data = MicroBatch.Pack(rows, chosen);
        return new SftBatch(
            data,
            settings.LossNormalization,
            StepFlops.Count(model.Config, _linearWeights, adapter.Parameters.Flat.numel(), data),
            [.. chosen.Select(i => rows[i].Id ?? "")]
        );
    }

    public MicroResult Accumulate(SftBatch batch, double normalizer, ulong seed)
    {
        MicroBatch data = batch.Data;
        if (data.Targets.Length == 0)
        {
            return default;
        }

        using DisposeScope scope = NewDisposeScope();
        HeadSums? sums = null;
        long ticks = 0;
        _pass.Run(
            data,
            seed,
            hidden =>
            {
                long begin = Stopwatch.GetTimestamp();
                HeadResult result = _head.ComputeGradient(hidden, data, normalizer);
                sums = result.Read();
                ticks = Stopwatch.GetTimestamp() - begin;
                return result.HiddenGradient!;
            }
        );
        return new MicroResult(sums!.Loss, sums.Hits, Stopwatch.GetElapsedTime(0, ticks).TotalSeconds);
    }
}

/// <summary>Rows laid end to end, with what they count for.</summary>
/// <param name="Data">The rows.</param>
/// <param name="Normalization">What the loss is divided by.</param>
/// <param name="Flops">Operations of the maths.</param>
/// <param name="RowIds">The rows' ids.</param>
internal sealed record SftBatch(
    MicroBatch Data,
    LossNormalization Normalization,
    double Flops,
    IReadOnlyList<string> RowIds
) : IMicroBatch
{
    public long Tokens => Data.Tokens;

    public int SupervisedTokens => Data.Targets.Length;

    public double Normalizer => Normalization == LossNormalization.Weights ? Data.WeightSum : Data.Targets.Length;
}
