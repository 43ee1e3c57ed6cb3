namespace MultiTurnTrainer.Tokenizers.Decoders;

/// <summary><c>Fuse</c>: all parts become one.</summary>
internal sealed class FuseDecoder : ITokenDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> parts) => [string.Concat(parts)];
}
