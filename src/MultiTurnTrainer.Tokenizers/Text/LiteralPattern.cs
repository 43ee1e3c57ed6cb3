namespace MultiTurnTrainer.Tokenizers.Text;

/// <summary>A literal text. The empty one matches between any two scalars.</summary>
internal sealed class LiteralPattern(byte[] literal) : ITextPattern
{
    /// <summary>Whether it is one space.</summary>
    public bool IsSpace => literal is [(byte)' '];

    /// <inheritdoc/>
    public bool TryFind(ReadOnlySpan<byte> text, int from, out int start, out int end)
    {
        int found = text[from..].IndexOf(literal);
        start = from + found;
        end = start + literal.Length;
        return found >= 0;
    }
}
