namespace MultiTurnTrainer.Files.Json;

/// <summary>What a JSON value is.</summary>
public enum JsonKind : byte
{
    /// <summary>There is no value.</summary>
    Undefined,

    /// <summary>Names with values.</summary>
    Object,

    /// <summary>A list of values.</summary>
    Array,

    /// <summary>The name of a property, which no value is.</summary>
    Name,

    /// <summary>A text.</summary>
    String,

    /// <summary>A number.</summary>
    Number,

    /// <summary><c>true</c>.</summary>
    True,

    /// <summary><c>false</c>.</summary>
    False,

    /// <summary><c>null</c>.</summary>
    Null,
}

/// <summary>What the scanner saw inside a token.</summary>
[Flags]
internal enum JsonFlags : byte
{
    None = 0,

    /// <summary>A string with at least one escape.</summary>
    Escaped = 1,

    /// <summary>A string with a <c>\uXXXX</c> escape.</summary>
    UnicodeEscape = 2,

    /// <summary>An escaped surrogate without its other half.</summary>
    LoneSurrogate = 4,

    /// <summary>An escaped U+0000.</summary>
    Nul = 8,

    /// <summary>A number with an exponent or many digits, worth a look at its range.</summary>
    LongNumber = 16,
}

/// <summary>One token: where its text lies and where the value after it begins.</summary>
internal struct JsonToken
{
    /// <summary>First byte; for strings and names, the one after the quote.</summary>
    public int Start;

    /// <summary>Bytes; for strings and names without the quotes, for containers with their brackets.</summary>
    public int Length;

    /// <summary>Index of the token after this value and all it holds.</summary>
    public int Next;

    public JsonKind Kind;
    public JsonFlags Flags;
}
