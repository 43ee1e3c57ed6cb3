namespace MultiTurnTrainer.Runs.Steps;

/// <summary>What a step was made from and what it left, as <c>steps/NAME.json</c> has it.</summary>
/// <param name="Finished">Whether it came to its end.</param>
/// <param name="Parts">What it depends on that is known before any step runs: settings, program, hashes of files, the steps before.</param>
/// <param name="Reads">Hashes of the files of earlier steps that it read.</param>
/// <param name="Outputs">Hashes of the files that it left.</param>
public sealed record StepRecord(
    bool Finished,
    IReadOnlyDictionary<string, string> Parts,
    IReadOnlyDictionary<string, string> Reads,
    IReadOnlyDictionary<string, string> Outputs
);

/// <summary>Whether a step must be done.</summary>
public enum StepState
{
    /// <summary>It stands as it would be made now.</summary>
    Fresh,

    /// <summary>It must be done.</summary>
    Run,

    /// <summary>It must be done if a step before it, which only lacks files, leaves other bytes than it did.</summary>
    Open,
}

/// <summary>Whether a step must be done, and why.</summary>
/// <param name="State">Whether.</param>
/// <param name="Reasons">Why, the most telling first.</param>
public sealed record StepVerdict(StepState State, IReadOnlyList<string> Reasons);
