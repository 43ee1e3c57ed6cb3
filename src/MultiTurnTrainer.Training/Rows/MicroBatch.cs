// Folder Rows: token rows as the maths takes them: checked, laid end to end, counted after the shift.
// Refuses to know: templates, tokenizers beyond their hash, objectives.

namespace MultiTurnTrainer.Training.Rows;

/// <summary>
/// Rows laid end to end without padding, with what the loss needs. Attention never crosses <see cref="CuSeqlens"/>
/// and positions restart there, so a batch of rows and a pack of rows are the same thing.
/// </summary>
/// <param name="Rows">The row numbers, for messages.</param>
/// <param name="InputIds">The tokens that go through the model, [T].</param>
/// <param name="CuSeqlens">Where each row begins in <paramref name="InputIds"/>, and the end; [rows with a label + 1].</param>
/// <param name="Layout">The rows of <paramref name="CuSeqlens"/>, each with the length it has beyond its last label.</param>
/// <param name="Positions">Places in <paramref name="InputIds"/> whose next token is supervised, ascending, [S].</param>
/// <param name="Targets">The token to be predicted at each of <paramref name="Positions"/>, [S].</param>
/// <param name="Weights">The loss weight of each target, [S]; null where all are 1.</param>
/// <param name="Tokens">All tokens of the rows, also those that need not be computed.</param>
internal sealed record MicroBatch(
    IReadOnlyList<int> Rows,
    int[] InputIds,
    int[] CuSeqlens,
    SequenceLayout Layout,
    long[] Positions,
    long[] Targets,
    float[]? Weights,
    long Tokens
)
{
    /// <summary>Of each target, the part of a message that it belongs to; null where a row does not say, [S].</summary>
    public SupervisedSpan?[] FindSpans(IReadOnlyList<TokenRow> data)
    {
        List<SupervisedSpan?> parts = [];
        foreach (TokenRow row in Rows.Select(number => data[number]))
        {
            IReadOnlyList<SupervisedSpan> spans = row.Spans ?? SupervisedSpan.FromLabels(row.Labels);
            int at = 0;
            for (int t = 1; t < row.Labels.Length; t++)
            {
                if (row.Labels[t] == TokenRow.Unsupervised)
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

    /// <summary>Tokens and positions on a device, in the caller's scope.</summary>
    public (Tensor Ids, Tensor Positions) Upload(Device device) =>
        (tensor(Array.ConvertAll(InputIds, id => (long)id)).to(device), tensor(Positions).to(device));

    /// <summary>The hidden states at <see cref="Positions"/>, without gradient, in the caller's scope: [S, hidden].</summary>
    public Tensor ComputeHidden(CausalLM model, Adapter? adapter)
    {
        using DisposeScope scope = NewDisposeScope();
        using IDisposable quiet = no_grad();
        using ForwardContext context = model.Prepare(Layout, adapter);
        (Tensor ids, Tensor positions) = Upload(model.Device);
        return model.Forward(ids, context, positions).MoveToOuterDisposeScope();
    }

    /// <summary>The sum of the loss weights, S where all are 1.</summary>
    public double WeightSum => Weights is null ? Targets.Length : Weights.Sum(weight => (double)weight);

    /// <summary>Lays rows end to end. Rows without a counted label add nothing but their token count.</summary>
    public static MicroBatch Pack(IReadOnlyList<TokenRow> data, IReadOnlyList<int> rows)
    {
        int length = rows.Sum(row => data[row].NeededTokens);
        int supervised = rows.Sum(row => data[row].PredictedTokens);
        bool weighted = rows.Any(row => data[row].LossWeights is not null);
        int[] ids = new int[length];
        List<int> starts = [0];
        long[] positions = new long[supervised];
        long[] targets = new long[supervised];
        float[]? weights = weighted ? new float[supervised] : null;
        int at = 0;
        int label = 0;
        foreach (int number in rows)
        {
            TokenRow row = data[number];
            int needed = row.NeededTokens;
            if (needed == 0)
            {
                continue;
            }

            row.InputIds.AsSpan(0, needed).CopyTo(ids.AsSpan(at));
            for (int t = 1; t <= needed; t++)
            {
                if (row.Labels[t] == TokenRow.Unsupervised)
                {
                    continue;
                }

                positions[label] = at + t - 1;
                targets[label] = row.Labels[t];
                if (weights is not null)
                {
                    weights[label] = row.LossWeights?[t] ?? 1f;
                }

                label++;
            }

            at += needed;
            starts.Add(at);
        }

        int[] wholeLengths =
        [
            .. rows.Where(row => data[row].NeededTokens > 0).Select(row => data[row].InputIds.Length),
        ];
        return new MicroBatch(
            rows,
            ids,
            [.. starts],
            SequenceLayout.FromStarts(starts, wholeLengths),
            positions,
            targets,
            weights,
            rows.Sum(row => (long)data[row].InputIds.Length)
        );
    }
}
