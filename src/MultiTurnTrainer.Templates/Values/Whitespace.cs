namespace MultiTurnTrainer.Templates.Values;

/// <summary>What Python's <c>str.isspace</c> and <c>str.splitlines</c> mean.</summary>
internal static class Whitespace
{
    /// <summary>Whether <c>strip()</c> removes it.</summary>
    public static bool Is(char c) =>
        c switch
        {
            <= ' ' => c is ' ' or (>= '\t' and <= '\r') or (>= '\x1c' and <= '\x1f'),
            < '\x85' => false,
            '\x85' or '\xa0' or '\u1680' => true,
            (>= '\u2000' and <= '\u200a') or '\u2028' or '\u2029' or '\u202f' or '\u205f' or '\u3000' => true,
            _ => false,
        };

    /// <summary>Whether <c>splitlines()</c> breaks after it.</summary>
    public static bool EndsLine(char c) =>
        c is (>= '\n' and <= '\r') or (>= '\x1c' and <= '\x1e') or '\x85' or '\u2028' or '\u2029';
}
