namespace MultiTurnTrainer.Tokenizers.Decoders;

/// <summary><c>BPEDecoder</c>: the end-of-word suffix becomes a space, but not on the last token.</summary>
internal sealed class BpeDecoder(string suffix) : ITokenDecoder
{
    /// <inheritdoc/>
    public List<string> Decode(List<string> parts) =>
        [.. parts.Select((part, i) => Replace(part, i == parts.Count - 1 ? "" : " "))];

    private string Replace(string part, string replacement) =>
        suffix.Length > 0
            ? part.Replace(suffix, replacement, StringComparison.Ordinal)
            // An empty suffix stands before every character and at the end.
            : replacement + string.Concat(part.EnumerateRunes().Select(r => r + replacement));
}
