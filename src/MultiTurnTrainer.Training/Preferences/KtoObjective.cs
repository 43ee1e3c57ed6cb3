using MultiTurnTrainer.Training.Metrics;
using MultiTurnTrainer.Training.Objectives;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Preferences;

/// <summary>
/// KTO over labelled rows. The estimate of the divergence z₀ is one for the whole optimizer step, of every row's prompt with the answer
/// of the row before it, so that nothing depends on how the step is cut into micro-batches.
/// </summary>
/// <param name="data">The rows; each is a unit.</param>
/// <param name="loss">Of a row.</param>
/// <param name="pass">Scores and differentiates.</param>
/// <param name="reference">log ρ.</param>
/// <param name="settings">With the objective's own defaults.</param>
internal sealed class KtoObjective(
    PreferenceData data,
    PairLoss loss,
    PreferencePass pass,
    ReferenceScores reference,
    PreferenceSettings settings
) : IObjective<LabelledBatch>
{
    private double _center;
    private double _desirableWeight;
    private double _stepRows;

    public LabelledBatch Prepare(IReadOnlyList<int> units)
    {
        ScoredSide side = ScoredSide.Create(data.Rows, units, settings);
        return new LabelledBatch(side, pass.CountFlops(side), [.. units.Select(unit => data.Rows[unit].Id ?? "")]);
    }

    public void Begin(IReadOnlyList<LabelledBatch> batches)
    {
        _stepRows = batches.Sum(batch => batch.Normalizer);
        _desirableWeight = batches.Sum(batch => SftWeights(batch.Side).Sum());
        _center = settings.KtoLoss == RowLossKind.Kto ? Math.Max(0, EstimateDivergence(batches)) : 0;
    }

    public MicroResult Accumulate(LabelledBatch batch, double normalizer, ulong seed)
    {
        ScoredSide side = batch.Side;
        (float[] logs, long hits) = pass.Score(side);
        float[]? under = reference.Find(side);
        SideScore[] rows = side.Sum(logs, under);
        (double Loss, double Slope)[] values = [.. rows.Select((row, i) => Compute(side, i, row))];
        float[] factors = new float[logs.Length];
        for (int i = 0; i < factors.Length; i++)
        {
            factors[i] = (float)(-values[side.RowOf[i]].Slope * side.Weights[i]);
        }

        double total = values.Sum(value => value.Loss) + AddSft(side, logs, factors);
        double seconds = pass.AddGradient(side, factors, normalizer, seed);
        PreferenceTally tally = new();
        Tally(tally, null, side, rows);
        foreach (int turn in side.Turns.Distinct())
        {
            Tally(tally, turn, side, side.Sum(logs, under, turn));
        }

        return new MicroResult(total, hits, seconds) { Preferences = tally };
    }

    private bool IsDesirable(ScoredSide side, int row) => data.IsDesirable(side.Numbers[row]);

    private (double Loss, double Slope) Compute(ScoredSide side, int row, SideScore score) =>
        loss.ComputeRow(score, IsDesirable(side, row), _center);

    /// <summary>The mean of log π − log ρ over mismatched rows.</summary>
    private double EstimateDivergence(IReadOnlyList<LabelledBatch> batches)
    {
        int[] numbers = [.. batches.SelectMany(batch => batch.Side.Numbers)];
        if (numbers.Length < 2)
        {
            // The last step of an epoch may have one row, which has no other's answer to be matched with.
            return 0;
        }

        TokenRow[] mismatched =
        [
            .. numbers.Select((number, i) => Mismatch(data.Rows[number], data.Rows[numbers[i > 0 ? i - 1 : ^1]])),
        ];
        double sum = 0;
        int size = batches.Max(batch => batch.Side.Numbers.Count);
        foreach (int[] chunk in Enumerable.Range(0, mismatched.Length).Chunk(size))
        {
            ScoredSide side = ScoredSide.Create(mismatched, chunk, settings);
            sum += side.Sum(pass.Score(side).Logs, reference.Compute(pass, side)).Sum(row => row.Ratio);
        }

        return sum / mismatched.Length;
    }

    /// <summary>A row's prompt with another's answers.</summary>
    private TokenRow Mismatch(TokenRow prompt, TokenRow answer)
    {
        int end = FirstLabel(prompt);
        int begin = FirstLabel(answer);
        int length = Math.Min(end + answer.Length - begin, Math.Max(pass.MaxPositions, end + 1));
        int rest = length - end;
        int[] unsupervised = new int[end];
        Array.Fill(unsupervised, TokenRow.Unsupervised);
        return new TokenRow(
            prompt.Id,
            [.. prompt.InputIds[..end], .. answer.InputIds.AsSpan(begin, rest)],
            [.. unsupervised, .. answer.Labels.AsSpan(begin, rest)],
            answer.LossWeights is { } weights ? [.. new float[end], .. weights.AsSpan(begin, rest)] : null
        );
    }

    private static int FirstLabel(TokenRow row) =>
        Array.FindIndex(row.Labels, 1, label => label != TokenRow.Unsupervised);

    private double[] SftWeights(ScoredSide side) =>
        [.. side.RowOf.Select((row, i) => IsDesirable(side, row) ? (double)(side.Data.Weights?[i] ?? 1) : 0)];

    // The SFT term is a mean over the desirable tokens of the step.
    private double AddSft(ScoredSide side, float[] logs, float[] factors)
    {
        if (settings.SftWeight is 0 or null || _desirableWeight == 0)
        {
            return 0;
        }

        double share = settings.SftWeight.Value * _stepRows / _desirableWeight;
        double[] weights = SftWeights(side);
        double sum = 0;
        for (int i = 0; i < factors.Length; i++)
        {
            factors[i] += (float)(share * weights[i]);
            sum -= share * weights[i] * logs[i];
        }

        return sum;
    }

    private void Tally(PreferenceTally tally, int? turn, ScoredSide side, SideScore[] rows)
    {
        for (int i = 0; i < rows.Length; i++)
        {
            if (rows[i].Length > 0)
            {
                (double Reward, double Log) row = (settings.Beta!.Value * rows[i].Ratio, rows[i].Policy);
                tally.AddRow(turn, Compute(side, i, rows[i]).Loss, IsDesirable(side, i), row);
            }
        }
    }
}

/// <summary>Some labelled rows, laid end to end.</summary>
/// <param name="Side">The rows.</param>
/// <param name="Flops">Operations of the maths; the passes without gradient are not counted.</param>
/// <param name="RowIds">The rows' ids.</param>
internal sealed record LabelledBatch(ScoredSide Side, double Flops, IReadOnlyList<string> RowIds) : IMicroBatch
{
    public long Tokens => Side.Data.Tokens;

    public int SupervisedTokens => Side.Data.Targets.Length;

    /// <summary>Every row counts once.</summary>
    public double Normalizer => Side.Numbers.Count;
}
