using MultiTurnTrainer.Training.Rows;
using MultiTurnTrainer.Training.Settings;

namespace MultiTurnTrainer.Training.Preferences;

/// <summary>One side of some pairs, laid end to end, with what each of its supervised tokens counts for.</summary>
internal sealed class ScoredSide
{
    private ScoredSide(MicroBatch data, IReadOnlyList<int> numbers, int[] rowOf, int[] turns, double[] weights)
    {
        Data = data;
        Numbers = numbers;
        RowOf = rowOf;
        Turns = turns;
        Weights = weights;
    }

    /// <summary>The rows.</summary>
    public MicroBatch Data { get; }

    /// <summary>Their numbers in the data.</summary>
    public IReadOnlyList<int> Numbers { get; }

    /// <summary>Of each target, the place of its row in <see cref="Numbers"/>, [S].</summary>
    public int[] RowOf { get; }

    /// <summary>Of each target, the number of its exchange in the conversation, from 1, [S].</summary>
    public int[] Turns { get; }

    /// <summary>Of each target, its factor in the row's score, [S].</summary>
    public double[] Weights { get; }

    /// <summary>The sum of the rows' own loss weights: what the SFT term divides by.</summary>
    public double WeightSum => Data.WeightSum;

    /// <summary>Lays rows out. Every row has a label.</summary>
    public static ScoredSide Create(
        IReadOnlyList<TokenRow> data,
        IReadOnlyList<int> numbers,
        PreferenceSettings settings
    )
    {
        MicroBatch batch = MicroBatch.Pack(data, numbers);
        int[] turns = Array.ConvertAll(batch.FindSpans(data), span => span?.Turn ?? 1);
        int[] rowOf = new int[turns.Length];
        double[] weights = new double[turns.Length];
        int first = 0;
        for (int row = 0; row < numbers.Count; row++)
        {
            int count = data[numbers[row]].PredictedTokens;
            rowOf.AsSpan(first, count).Fill(row);
            Weigh(turns.AsSpan(first, count), settings, weights.AsSpan(first, count));
            first += count;
        }

        for (int i = 0; i < weights.Length; i++)
        {
            weights[i] *= batch.Weights?[i] ?? 1;
        }

        return new ScoredSide(batch, numbers, rowOf, turns, weights);
    }

    /// <summary>The score of each row.</summary>
    /// <param name="policy">Log-probability of each target.</param>
    /// <param name="reference">The same under the reference; null for none.</param>
    /// <param name="turn">The only exchange that counts; null for all.</param>
    public SideScore[] Sum(float[] policy, float[]? reference, int? turn = null)
    {
        SideScore[] sums = new SideScore[Numbers.Count];
        for (int i = 0; i < policy.Length; i++)
        {
            if (turn is { } only && Turns[i] != only)
            {
                continue;
            }

            SideScore sum = sums[RowOf[i]];
            sums[RowOf[i]] = new SideScore(
                sum.Policy + (Weights[i] * policy[i]),
                sum.Reference + (Weights[i] * (reference?[i] ?? 0)),
                sum.Length + Weights[i]
            );
        }

        return sums;
    }

    private static void Weigh(ReadOnlySpan<int> turns, PreferenceSettings settings, Span<double> weights)
    {
        int[] different = turns.ToArray().Distinct().ToArray();
        bool last = settings.Turns == TurnChoice.Last;
        int count = last ? 1 : different.Length;
        for (int i = 0; i < turns.Length; i++)
        {
            int turn = turns[i];
            int place = Array.IndexOf(different, turn);
            if (last && place < different.Length - 1)
            {
                continue;
            }

            weights[i] = settings.TurnWeighting switch
            {
                TurnWeighting.Mean => 1.0 / count,
                TurnWeighting.TokenMean => 1.0 / (count * (double)turns.Count(turn)),
                TurnWeighting.Discount => Discount(last ? 0 : place, count, settings.TurnDiscount),
                _ => 1,
            };
        }
    }

    /// <summary>φ(j, T) of multi-turn DPO (arXiv 2406.14868), j from 0; its limit where γ is 1.</summary>
    internal static double Discount(int place, int count, double gamma) =>
        gamma == 1
            ? (count - place) / (double)count
            : Math.Pow(gamma, place) * (1 - Math.Pow(gamma, count - place)) / (1 - Math.Pow(gamma, count));
}
