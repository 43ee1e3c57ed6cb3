namespace MultiTurnTrainer.Validation.Rows;

/// <summary>Why a record is not worth reading, told from how it was cut.</summary>
/// <param name="Code">The finding's code.</param>
/// <param name="Message">What is wrong.</param>
/// <param name="IsRow">Whether it counts as a row: blank lines and the missing end of a file do not.</param>
internal readonly record struct RecordProblem(string Code, string Message, bool IsRow)
{
    /// <summary>The problem of a record; null when it can be scanned.</summary>
    public static RecordProblem? Of(in SourceRecord record, int maxRowBytes)
    {
        RecordFlags flags = record.Flags;
        return (flags & RecordFlags.Blank) != 0 ? new("MTT011", "the line is blank", false)
            : (flags & RecordFlags.Unclosed) != 0
                ? new("MTT013", "the file ends inside a JSON array: its last rows are missing", false)
            : (flags & RecordFlags.TooLong) != 0 ? new("MTT008", RowLimit.Message(maxRowBytes), true)
            : (flags & RecordFlags.Binary) != 0 ? new("MTT007", record.Problem!, true)
            : record.Problem is { } problem ? new("MTT015", problem, true)
            : null;
    }
}
