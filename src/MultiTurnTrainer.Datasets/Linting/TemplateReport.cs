namespace MultiTurnTrainer.Datasets.Linting;

/// <summary>One effect of a template that training data should know of.</summary>
/// <param name="Code">A short name such as <c>tool-calls-dropped</c>.</param>
/// <param name="Message">What it means.</param>
public sealed record TemplateEffect(string Code, string Message);

/// <summary>What lint-template found out about one template.</summary>
/// <param name="Name">The file or folder.</param>
/// <param name="Error">Why it cannot be parsed; null when it can.</param>
public sealed record TemplateReport(string Name, string? Error)
{
    /// <summary>Its effects, in a fixed order.</summary>
    public IReadOnlyList<TemplateEffect> Effects { get; init; } = [];

    /// <summary>The probes it refuses, with the kind of error.</summary>
    public IReadOnlyList<(string Probe, string Error)> Refused { get; init; } = [];

    /// <summary>The stop token its answers are trained with; null when there is none.</summary>
    public string? Stop { get; init; }

    /// <summary>Whether the stop token is the header of the next message.</summary>
    public bool StopIsNextHeader { get; init; }

    /// <summary>What it prints to ask for an answer.</summary>
    public string? GenerationPrompt { get; init; }

    /// <summary>Whether every prompt a server would send is the beginning of the whole conversation's text.</summary>
    public bool IsPrefixStable { get; init; }

    /// <summary>The probes in which it is not.</summary>
    public IReadOnlyList<string> UnstableIn { get; init; } = [];

    /// <summary>Whether it holds <c>{% generation %}</c> blocks.</summary>
    public bool HasGenerationBlocks { get; init; }

    /// <summary>Whether answers of one conversation must be trained in rows of their own.</summary>
    public bool NeedsExpandTurns => Error is null && !IsPrefixStable;
}
