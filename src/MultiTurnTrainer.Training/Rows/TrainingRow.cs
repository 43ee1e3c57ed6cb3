using MultiTurnTrainer.Datasets.Rows;

namespace MultiTurnTrainer.Training.Rows;

/// <summary>One tokenized conversation as the loop sees it.</summary>
/// <param name="Id">Names the row in messages.</param>
/// <param name="InputIds">The tokens.</param>
/// <param name="Labels">Per token, not shifted; −100 where not supervised.</param>
/// <param name="Weights">Loss weight per token; null where every weight is 1.</param>
/// <param name="Spans">Whose labels are which, for losses by part; null where the labels tell.</param>
internal sealed record TrainingRow(
    string Id,
    int[] InputIds,
    int[] Labels,
    float[]? Weights = null,
    IReadOnlyList<SupervisedSpan>? Spans = null
)
{
    /// <summary>The label that means: not supervised.</summary>
    public const int Ignore = -100;

    /// <summary>Labels that count: the first token of a row has nothing before it to be predicted from.</summary>
    public int SupervisedTokens => Labels.Skip(1).Count(label => label != Ignore);

    /// <summary>
    /// Tokens that must go through the model: those before the last counted label. What follows can, with causal
    /// attention, change neither loss nor gradient.
    /// </summary>
    public int NeededTokens => Math.Max(0, Array.FindLastIndex(Labels, label => label != Ignore));
}
