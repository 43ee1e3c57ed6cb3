namespace MultiTurnTrainer.Tokenizers.PostProcessors;

/// <summary><c>Sequence</c>: one after the other.</summary>
internal sealed class SequencePostProcessor(IPostProcessor[] steps) : IPostProcessor
{
    /// <inheritdoc/>
    public bool TrimsOffsets => steps.Any(s => s.TrimsOffsets);

    /// <inheritdoc/>
    public int AddedTokens(bool isPair) => steps.Sum(s => s.AddedTokens(isPair));

    /// <inheritdoc/>
    public List<Segment> Process(List<Segment> segments, bool addSpecialTokens) =>
        steps.Aggregate(segments, (current, step) => step.Process(current, addSpecialTokens));
}
