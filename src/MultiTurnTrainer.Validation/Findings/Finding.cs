namespace MultiTurnTrainer.Validation.Findings;

/// <summary>How bad a finding is.</summary>
public enum Severity
{
    /// <summary>Worth knowing.</summary>
    Info,

    /// <summary>Probably not what was meant; training works.</summary>
    Warning,

    /// <summary>The row must not be trained on as it is.</summary>
    Error,
}

/// <summary>The names of severities.</summary>
public static class SeverityNames
{
    /// <summary>The name in reports and on the command line.</summary>
    public static string GetName(this Severity severity) =>
        severity switch
        {
            Severity.Error => "error",
            Severity.Warning => "warning",
            _ => "info",
        };
}

/// <summary>One thing found in the data.</summary>
/// <param name="Code">The rule, such as <c>MTT104</c>.</param>
/// <param name="Severity">How bad it is.</param>
/// <param name="Message">What is wrong, with the offending text shortened or masked.</param>
/// <param name="File">The file as the user named it.</param>
/// <param name="Line">The line, from 1; 0 for the file as a whole.</param>
public sealed record Finding(string Code, Severity Severity, string Message, string File, long Line)
{
    /// <summary>The column in characters, from 1, when it is known.</summary>
    public int? Column { get; init; }

    /// <summary>The place in the row, such as <c>messages[3].tool_calls[0]</c>; null for the row as a whole.</summary>
    public string? Path { get; init; }

    /// <summary>What to do about it.</summary>
    public string? Hint { get; init; }
}
