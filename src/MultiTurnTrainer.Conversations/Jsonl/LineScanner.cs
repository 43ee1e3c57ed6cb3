namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Finds where a line ends.</summary>
internal struct LineScanner : IRowScanner
{
    /// <inheritdoc/>
    public readonly int Advance(ReadOnlySpan<byte> text, out int newlines)
    {
        newlines = 0;
        return text.IndexOf((byte)'\n');
    }
}
