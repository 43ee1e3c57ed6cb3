namespace MultiTurnTrainer.Tokenizers.Decoders;

/// <summary><c>Sequence</c>: one after the other.</summary>
internal sealed class SequenceDecoder(ITokenDecoder[] steps) : ITokenDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> parts) => steps.Aggregate(parts, (current, step) => step.Decode(current));
}
