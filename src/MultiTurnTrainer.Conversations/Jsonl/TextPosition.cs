namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>Line and column of a byte of a record.</summary>
internal static class TextPosition
{
    /// <summary>The line and the column in characters, both from 1.</summary>
    public static (long Line, int Column) Of(in SourceRecord record, int offset)
    {
        ReadOnlySpan<byte> before = record.Bytes.Span[..Math.Min(offset, record.Bytes.Length)];
        int lastBreak = before.LastIndexOf((byte)'\n');
        int columns = Encoding.UTF8.GetCharCount(before[(lastBreak + 1)..]);
        return lastBreak < 0
            ? (record.Line, record.Column + columns + 1)
            : (record.Line + before.Count((byte)'\n'), columns + 1);
    }
}
