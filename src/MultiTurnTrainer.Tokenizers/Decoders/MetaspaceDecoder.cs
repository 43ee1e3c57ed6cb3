namespace MultiTurnTrainer.Tokenizers.Decoders;

/// <summary><c>Metaspace</c>: marks become spaces; those of the first token vanish, unless none was ever put there.</summary>
internal sealed class MetaspaceDecoder(int mark, bool keepsFirst) : ITokenDecoder
{
    private readonly string _mark = new Rune(mark).ToString();

    /// <inheritdoc/>
    public List<string> Decode(List<string> parts) =>
        [.. parts.Select((part, i) => part.Replace(_mark, i == 0 && !keepsFirst ? "" : " ", StringComparison.Ordinal))];
}
