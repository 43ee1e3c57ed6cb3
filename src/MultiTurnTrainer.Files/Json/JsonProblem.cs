namespace MultiTurnTrainer.Files.Json;

/// <summary>What kind of thing keeps a text from being read.</summary>
internal enum JsonProblemKind
{
    /// <summary>It is not JSON.</summary>
    Syntax,

    /// <summary>It is nested too deep.</summary>
    Depth,

    /// <summary>It holds too many values.</summary>
    Size,
}

/// <summary>Why a text is not JSON, or not read.</summary>
/// <param name="Offset">The byte where it goes wrong.</param>
/// <param name="Message">What is wrong, in a clause.</param>
/// <param name="Hint">What it probably is, when it has a known shape.</param>
/// <param name="Kind">What kind of thing it is.</param>
internal sealed record JsonProblem(
    int Offset,
    string Message,
    string? Hint = null,
    JsonProblemKind Kind = JsonProblemKind.Syntax
)
{
    private const string CutOff = "The row is cut off: the file was truncated, or a line break is inside it.";

    public static JsonProblem TooDeep(int at, int limit) =>
        new(at, $"containers are nested more than {limit} deep", null, JsonProblemKind.Depth);

    public static JsonProblem TooLarge(int at, int limit) =>
        new(
            at,
            Invariant($"the row has more than {limit:N0} JSON values"),
            "Split it, or raise --max-row-bytes when it is real: one value is read for every 16 bytes.",
            JsonProblemKind.Size
        );

    /// <summary>The text ends before something that must come.</summary>
    public static JsonProblem Ends(int at, string where) => new(at, $"the text ends {where}", CutOff);

    public static JsonProblem AfterTheEnd(ReadOnlySpan<byte> text, int at) =>
        new(at, $"{Show(text[at])} after the end of the value");

    /// <summary>A byte that may not stand in a string unescaped.</summary>
    public static JsonProblem Control(ReadOnlySpan<byte> text, int at) =>
        text[at] == 0
            ? new(at, "a NUL byte inside a string", "Remove it, or write it as \\u0000.")
            : new(
                at,
                $"the control character 0x{text[at]:X2} unescaped inside a string",
                "Write line breaks and tabs as \\n and \\t."
            );

    public static JsonProblem Unexpected(ReadOnlySpan<byte> text, int at, string expected) =>
        at >= text.Length
            ? Ends(at, $"where {expected} is expected")
            : new(
                at,
                $"{Show(text[at])} where {expected} is expected",
                text[at] == (byte)'\'' ? "Names and strings need double quotes." : null
            );

    public static JsonProblem NotAValue(ReadOnlySpan<byte> text, int at)
    {
        ReadOnlySpan<byte> rest = text[at..];
        string? hint = rest switch
        {
            [(byte)'\'', ..] => "Strings need double quotes; this looks like a Python dict, write it with json.dumps.",
            _ when rest.StartsWith("None"u8) || rest.StartsWith("True"u8) || rest.StartsWith("False"u8) =>
                "This is Python's spelling: write null, true, false (json.dumps does).",
            _ when rest.StartsWith("NaN"u8) || rest.StartsWith("Infinity"u8) || rest.StartsWith("-Infinity"u8) =>
                "JSON has no NaN or Infinity: write null or leave the key out.",
            [(byte)'/', ..] or [(byte)'#', ..] => "JSON has no comments.",
            _ => null,
        };
        return new JsonProblem(at, $"{Show(rest[0])} where a value is expected", hint);
    }

    private static string Show(byte value) => value is > 0x20 and < 0x7F ? $"'{(char)value}'" : $"byte 0x{value:X2}";
}
