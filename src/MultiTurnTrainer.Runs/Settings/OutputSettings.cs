namespace MultiTurnTrainer.Runs.Settings;

/// <summary>The <c>output:</c> section of <c>mtt.yaml</c>: where <c>mtt run</c> writes.</summary>
public sealed record OutputSettings
{
    /// <summary>The run's folder: a folder a step, and what each step was made from. Tables call the run by its name.</summary>
    public string Folder { get; init; } = "run";
}
