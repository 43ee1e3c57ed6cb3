using MultiTurnTrainer.Datasets.Rows;
using MultiTurnTrainer.Models.Architectures;

namespace MultiTurnTrainer.Training.Rows;

/// <summary>
/// Rows laid end to end without padding, with what the loss needs. Attention never crosses <see cref="CuSeqlens"/>
/// and positions restart there, so a batch of rows and a pack of rows are the same thing.
/// </summary>
internal sealed class MicroBatch
{
    private MicroBatch(
        IReadOnlyList<int> rows,
        int[] inputIds,
        int[] cuSeqlens,
        int[] wholeLengths,
        long[] positions,
        long[] targets,
        float[]? weights,
        long tokens
    )
    {
        Rows = rows;
        InputIds = inputIds;
        CuSeqlens = cuSeqlens;
        Layout = SequenceLayout.FromStarts(cuSeqlens, wholeLengths);
        Positions = positions;
        Targets = targets;
        Weights = weights;
        Tokens = tokens;
    }

    /// <summary>The row numbers, for messages.</summary>
    public IReadOnlyList<int> Rows { get; }

    /// <summary>The tokens that go through the model, [T].</summary>
    public int[] InputIds { get; }

    /// <summary>Where each row begins in <see cref="InputIds"/>, and the end; [rows with a label + 1].</summary>
    public int[] CuSeqlens { get; }

    /// <summary>The rows of <see cref="CuSeqlens"/>, each with the length it has beyond its last label.</summary>
    public SequenceLayout Layout { get; }

    /// <summary>Places in <see cref="InputIds"/> whose next token is supervised, ascending, [S].</summary>
    public long[] Positions { get; }

    /// <summary>The token to be predicted at each of <see cref="Positions"/>, [S].</summary>
    public long[] Targets { get; }

    /// <summary>The loss weight of each target, [S]; null where all are 1.</summary>
    public float[]? Weights { get; }

    /// <summary>Of each target, the part of a message that it belongs to; null where a row does not say, [S].</summary>
    public SupervisedSpan?[] FindSpans(IReadOnlyList<TrainingRow> data)
    {
        List<SupervisedSpan?> parts = [];
        foreach (TrainingRow row in Rows.Select(number => data[number]))
        {
            IReadOnlyList<SupervisedSpan> spans = row.Spans ?? SupervisedSpan.FromLabels(row.Labels);
            int at = 0;
            for (int t = 1; t < row.Labels.Length; t++)
            {
                if (row.Labels[t] == TrainingRow.Ignore)
                {
                    continue;
                }

                while (at < spans.Count && spans[at].End <= t)
                {
                    at++;
                }

                parts.Add(at < spans.Count && spans[at].Start <= t ? spans[at] : null);
            }
        }

        return [.. parts];
    }

    /// <summary>All tokens of the rows, also those that need not be computed.</summary>
    public long Tokens { get; }

    /// <summary>The longest row in <see cref="InputIds"/>.</summary>
    public int LongestRow => CuSeqlens.Zip(CuSeqlens.Skip(1), (begin, end) => end - begin).DefaultIfEmpty().Max();

    /// <summary>The sum of the loss weights, S where all are 1.</summary>
    public double WeightSum => Weights is null ? Targets.Length : Weights.Sum(weight => (double)weight);

    /// <summary>Lays rows end to end. Rows without a counted label add nothing but their token count.</summary>
    public static MicroBatch Pack(IReadOnlyList<TrainingRow> data, IReadOnlyList<int> rows)
    {
        int length = rows.Sum(row => data[row].NeededTokens);
        int supervised = rows.Sum(row => data[row].SupervisedTokens);
        bool weighted = rows.Any(row => data[row].Weights is not null);
        int[] ids = new int[length];
        List<int> starts = [0];
        long[] positions = new long[supervised];
        long[] targets = new long[supervised];
        float[]? weights = weighted ? new float[supervised] : null;
        int at = 0;
        int label = 0;
        foreach (int number in rows)
        {
            TrainingRow row = data[number];
            int needed = row.NeededTokens;
            if (needed == 0)
            {
                continue;
            }

            row.InputIds.AsSpan(0, needed).CopyTo(ids.AsSpan(at));
            for (int t = 1; t <= needed; t++)
            {
                if (row.Labels[t] == TrainingRow.Ignore)
                {
                    continue;
                }

                positions[label] = at + t - 1;
                targets[label] = row.Labels[t];
                if (weights is not null)
                {
                    weights[label] = row.Weights?[t] ?? 1f;
                }

                label++;
            }

            at += needed;
            starts.Add(at);
        }

        return new MicroBatch(
            rows,
            ids,
            [.. starts],
            [.. rows.Where(row => data[row].NeededTokens > 0).Select(row => data[row].InputIds.Length)],
            positions,
            targets,
            weights,
            rows.Sum(row => (long)data[row].InputIds.Length)
        );
    }
}
