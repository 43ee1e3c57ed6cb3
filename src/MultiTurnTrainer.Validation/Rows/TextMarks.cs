namespace MultiTurnTrainer.Validation.Rows;

/// <summary>What a text may hold that rules look for, found in one pass: a text without a mark need not be searched for what the mark stands for.</summary>
[Flags]
internal enum TextMarks : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>An at sign.</summary>
    At = 1,

    /// <summary>A plus or a hyphen before digits.</summary>
    Number = 2,

    /// <summary>Two braces.</summary>
    Braces = 4,

    /// <summary>U+FFFD, or the end of a think tag.</summary>
    ReplacementOrThink = 8,

    /// <summary>The beginning of one of the usual control tokens.</summary>
    Control = 16,

    /// <summary>Three characters of what a secret key begins with; those that are alike share a bit.</summary>
    Key = 32 | 64 | 128,
}

/// <summary>Marks texts.</summary>
internal static class TextMarking
{
    private static readonly ByteTriples _triples = new([
        ((byte)TextMarks.At, ["@"u8.ToArray()]),
        ((byte)TextMarks.Number, ["+-"u8.ToArray(), "0123456789"u8.ToArray(), "0123456789 -()."u8.ToArray()]),
        ((byte)TextMarks.Braces, ["{"u8.ToArray(), "{"u8.ToArray()]),
        (
            (byte)TextMarks.ReplacementOrThink,
            [
                [0xEF],
                [0xBF],
                [0xBD],
            ]
        ),
        ((byte)TextMarks.ReplacementOrThink, ["n"u8.ToArray(), "k"u8.ToArray(), ">"u8.ToArray()]),
        ((byte)TextMarks.Control, ["<["u8.ToArray(), "|se/<I"u8.ToArray()]),
        (32, ["sha"u8.ToArray(), "kft"u8.ToArray(), "-_"u8.ToArray()]),
        (64, ["hux"u8.ToArray(), "posb"u8.ToArray(), "_x"u8.ToArray()]),
        (64, ["e"u8.ToArray(), "y"u8.ToArray(), "J"u8.ToArray()]),
        (128, ["A-"u8.ToArray(), "KSIB"u8.ToArray(), "IzE"u8.ToArray()]),
    ]);

    /// <summary>The marks of a text.</summary>
    public static TextMarks Of(ReadOnlySpan<byte> utf8) => (TextMarks)_triples.Patterns(utf8);
}
