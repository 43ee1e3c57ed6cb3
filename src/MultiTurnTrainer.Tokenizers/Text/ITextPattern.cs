namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>Something that is looked for in a text.</summary>
internal interface ITextPattern
{
    /// <summary>The leftmost match at or after a position, within the text given (its ends are the ends of the world for lookaround).</summary>
    /// <returns>Whether there is one.</returns>
    bool TryFind(ReadOnlySpan<byte> text, int from, out int start, out int end);
}
