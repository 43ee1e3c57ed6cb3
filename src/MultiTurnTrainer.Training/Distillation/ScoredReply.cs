using MultiTurnTrainer.Training.Metrics;

namespace MultiTurnTrainer.Training.Distillation;

/// <summary>A reply under two contexts: what one term of a distillation loss compares.</summary>
/// <param name="Id">Names the task and turn in messages.</param>
/// <param name="StudentContext">The ids before the reply as the student saw them.</param>
/// <param name="ReferenceContext">The ids before the same reply as the reference sees them.</param>
/// <param name="Reply">The reply's ids, its stop token included; at least one.</param>
/// <param name="Beta">Of <see cref="Divergence"/>.</param>
/// <param name="Coefficient">What the mean divergence is multiplied by.</param>
internal sealed record ScoredReply(
    string Id,
    int[] StudentContext,
    int[] ReferenceContext,
    int[] Reply,
    double Beta,
    double Coefficient
)
{
    /// <summary>Which term of the loss it belongs to.</summary>
    public ReplyTerm Term { get; init; } = ReplyTerm.Middle;
}
