namespace MultiTurnTrainer.Runs.Steps;

/// <summary>One step of a run: what it depends on and where it writes.</summary>
/// <param name="Name">Its name, unique in the run; also that of its record.</param>
/// <param name="Folder">Where it writes; what it names beside itself, <c>FOLDER.manifest.json</c>, counts too.</param>
public sealed record RunStep(string Name, string Folder)
{
    /// <summary>The command lines that do it, without those flags that say whether files may be replaced; none where there is nothing to do.</summary>
    public IReadOnlyList<IReadOnlyList<string>> Commands { get; init; } = [];

    /// <summary>Why there is nothing to do, or null.</summary>
    public string? Idle { get; init; }

    /// <summary>The settings that shape what it writes, by their dotted names.</summary>
    public IReadOnlyDictionary<string, string> Settings { get; init; } = new Dictionary<string, string>();

    /// <summary>Files of others that it reads.</summary>
    public IReadOnlyList<string> Inputs { get; init; } = [];

    /// <summary>The steps that must be done before.</summary>
    public IReadOnlyList<RunStep> After { get; init; } = [];

    /// <summary>Which files of those steps it reads; asked when they are done.</summary>
    public Func<IEnumerable<string>> Reads { get; init; } = static () => [];

    /// <summary>Whether it goes on where it was interrupted, instead of beginning again.</summary>
    public bool CanResume { get; init; }
}
