namespace MultiTurnTrainer.Synthesis.Seeds;

/// <summary>The first question of a dialogue.</summary>
/// <param name="Index">Its place among all seeds of the run, from 0.</param>
/// <param name="Question">The instruction, with its input under it where it has one.</param>
public sealed record Seed(int Index, string Question)
{
    /// <summary>The record's own id.</summary>
    public string? Id { get; init; }

    /// <summary>A system message that the candidate gets and the conversation keeps.</summary>
    public string? System { get; init; }

    /// <summary>The record's metadata, kept.</summary>
    public object? Metadata { get; init; }
}
