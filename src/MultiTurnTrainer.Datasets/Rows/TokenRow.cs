namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>One training sample: a conversation as tokens.</summary>
/// <param name="Id">The conversation's id, or null.</param>
/// <param name="InputIds">Token ids, one per position.</param>
/// <param name="Labels">
/// As long as <paramref name="InputIds"/>: the id itself where the token is supervised, <see cref="Unsupervised"/> elsewhere.
/// Not shifted, as HuggingFace has it: the model's output at position t is compared with the label at t + 1.
/// </param>
/// <param name="LossWeights">Weight of each position's loss; null when every supervised token weighs 1.</param>
/// <param name="Spans">Whose supervised tokens are which; null where the labels tell (<see cref="SupervisedSpan.FromLabels"/>).</param>
public sealed record TokenRow(
    string? Id,
    int[] InputIds,
    int[] Labels,
    float[]? LossWeights = null,
    IReadOnlyList<SupervisedSpan>? Spans = null
)
{
    /// <summary>The label of a position that is not supervised.</summary>
    public const int Unsupervised = -100;

    /// <summary>Tokens in the row.</summary>
    public int Length => InputIds.Length;

    /// <summary>How many tokens are supervised.</summary>
    public int SupervisedTokens => Labels.Length - Labels.AsSpan().Count(Unsupervised);

    /// <summary>Labels that count in a loss: the first token of a row has nothing before it to be predicted from.</summary>
    public int PredictedTokens => SupervisedTokens - (Length > 0 && Labels[0] != Unsupervised ? 1 : 0);

    /// <summary>
    /// Tokens that must go through a model for the loss: those before the last counted label. What follows can, with
    /// causal attention, change neither loss nor gradient.
    /// </summary>
    public int NeededTokens => Math.Max(0, Array.FindLastIndex(Labels, label => label != Unsupervised));

    /// <summary>Some of the tokens as a row of their own.</summary>
    internal TokenRow Slice(int start, int end, string? id) =>
        new(
            id,
            InputIds[start..end],
            Labels[start..end],
            LossWeights?[start..end],
            Spans is null
                ? null
                :
                [
                    .. Spans
                        .Where(span => span.End > start && span.Start < end)
                        .Select(span =>
                            span with
                            {
                                Start = Math.Max(span.Start, start) - start,
                                End = Math.Min(span.End, end) - start,
                            }
                        ),
                ]
        );

    /// <summary>What is wrong with the row's shape, or null.</summary>
    internal string? Problem()
    {
        if (Labels.Length != InputIds.Length)
        {
            return $"labels has {Counted.Of(Labels.Length, "entry", "entries")} where input_ids has {InputIds.Length}";
        }

        if (LossWeights is not null && LossWeights.Length != InputIds.Length)
        {
            return $"loss_weights has {Counted.Of(LossWeights.Length, "entry", "entries")} where input_ids has {InputIds.Length}";
        }

        if (Spans?.FirstOrDefault(span => span.Start < 0 || span.End > Labels.Length) is { } outside)
        {
            return $"spans names tokens {outside.Start} to {outside.End} where input_ids has {InputIds.Length}";
        }

        return IsSound() ? null : FirstProblem();
    }

    // One pass without branches: rows are sound.
    private bool IsSound()
    {
        ReadOnlySpan<int> labels = Labels.AsSpan(0, InputIds.Length);
        bool isSound = true;
        for (int i = 0; i < InputIds.Length; i++)
        {
            int id = InputIds[i];
            isSound &= id >= 0 & (labels[i] == id | labels[i] == Unsupervised);
        }

        return isSound;
    }

    private string? FirstProblem()
    {
        for (int i = 0; i < InputIds.Length; i++)
        {
            if (InputIds[i] < 0)
            {
                return $"input_ids[{i}] is {InputIds[i]}";
            }

            if (Labels[i] != InputIds[i] && Labels[i] != Unsupervised)
            {
                return Labels[i] < 0
                    ? $"labels[{i}] is {Labels[i]}; only {Unsupervised} means not supervised"
                    : $"labels[{i}] is {Labels[i]} where input_ids[{i}] is {InputIds[i]}: a label belongs to its own token and is not shifted";
            }
        }

        return null;
    }
}
