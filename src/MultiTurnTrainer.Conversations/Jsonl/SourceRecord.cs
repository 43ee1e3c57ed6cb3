namespace MultiTurnTrainer.Conversations.Jsonl;

/// <summary>What the splitter noticed about a record.</summary>
[Flags]
internal enum RecordFlags
{
    None = 0,

    /// <summary>The line ended with CR LF.</summary>
    CarriageReturn = 1,

    /// <summary>A byte order mark stood before it.</summary>
    ByteOrderMark = 2,

    /// <summary>Longer than the limit; its bytes hold only the beginning.</summary>
    TooLong = 4,

    /// <summary>The line holds nothing but white space.</summary>
    Blank = 8,

    /// <summary>The file ended inside an array that began with <c>[</c>.</summary>
    Unclosed = 16,

    /// <summary>An element of an array that no comma parts from the one before.</summary>
    NoComma = 32,

    /// <summary>A column of a container holds bytes that are no text, which no other encoding would fix.</summary>
    Binary = 64,
}

/// <summary>One row of an input as bytes, valid until the next one is read.</summary>
/// <param name="Bytes">The row without its line end.</param>
/// <param name="Line">The line where it begins, from 1.</param>
/// <param name="Column">Bytes before it on that line.</param>
/// <param name="Flags">What the splitter noticed.</param>
/// <param name="Problem">Why these bytes are no CSV row, or no text; null when they are, or the file is JSON.</param>
internal readonly record struct SourceRecord(
    ReadOnlyMemory<byte> Bytes,
    long Line,
    int Column,
    RecordFlags Flags,
    string? Problem = null
);

/// <summary>A stream of rows.</summary>
internal interface IRecordSource : IDisposable
{
    /// <summary>The file's name, for messages.</summary>
    string File { get; }

    /// <summary>Bytes read so far, after decompression.</summary>
    long BytesRead { get; }

    /// <summary>Reads the next row.</summary>
    /// <returns>Whether there was one.</returns>
    bool TryRead(out SourceRecord record);
}
