namespace MultiTurnTrainer.Files.Json;

/// <summary>Pieces of data as messages show them: short, on one line, without control characters.</summary>
internal static class Shown
{
    private const int Longest = 60;

    /// <summary>A token's text, quoted when it is one.</summary>
    public static string Text(JsonTape tape, int token) =>
        tape[token].Kind is JsonKind.String or JsonKind.Name
            ? $"\"{Text(tape.String(token))}\""
            : Text(System.Text.Encoding.UTF8.GetString(tape.Raw(token)));

    /// <summary>A text, shortened.</summary>
    public static string Text(string text)
    {
        string line = string.Concat(text.Take(Longest).Select(c => char.IsControl(c) ? '␣' : c));
        if (line.Length > 0 && char.IsHighSurrogate(line[^1]))
        {
            line = line[..^1];
        }

        return text.Length > Longest ? line + "…" : line;
    }

    /// <summary>A value's kind in words.</summary>
    public static string Kind(JsonTape tape, int token) =>
        tape[token].Kind switch
        {
            JsonKind.Object => "an object",
            JsonKind.Array => "a list",
            JsonKind.Number => "a number",
            JsonKind.Null => "null",
            JsonKind.True or JsonKind.False => "a boolean",
            _ => "a string",
        };
}
