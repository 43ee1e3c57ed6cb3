namespace MultiTurnTrainer.Validation.Findings;

/// <summary>What a rule is about: the entry of the catalogue.</summary>
/// <param name="Code">The stable code, such as <c>MTT104</c>.</param>
/// <param name="Name">The stable name, such as <c>unknown-role</c>.</param>
/// <param name="Severity">The usual severity.</param>
/// <param name="Summary">What it finds, in one sentence.</param>
public sealed record RuleInfo(string Code, string Name, Severity Severity, string Summary)
{
    /// <summary>Why it matters for training.</summary>
    public required string Why { get; init; }

    /// <summary>What to do about it.</summary>
    public required string Hint { get; init; }

    /// <summary>Rows, one a line, that show the finding; empty when it needs more than rows.</summary>
    public string Bad { get; init; } = "";

    /// <summary>The name of the fix that <c>--fix</c> applies; null when there is none that is safe.</summary>
    public string? Fix { get; init; }

    /// <summary>The family by the code's first digit.</summary>
    public string Group =>
        Code[3] switch
        {
            '0' => "Text and JSON",
            '1' => "Shape",
            '2' => "Order and supervision",
            '3' => "Tools",
            '4' => "Content",
            '6' => "Preferences",
            '7' => "Files for a service (--target)",
            _ => "Duplicates and leakage",
        };
}
