namespace MultiTurnTrainer.Agents;

/// <summary>How agents' conversations are kept.</summary>
public sealed record SessionHistoryOptions
{
    /// <summary>Whose sessions they are; <c>mtt serve</c> without keys has the same.</summary>
    public string Tenant { get; init; } = "local";

    /// <summary>The user of new sessions; null for nobody's.</summary>
    public string? User { get; init; }

    /// <summary>
    /// The system prompt of new sessions. Give it here and not as the agent's instructions: those would be a second system message beside
    /// the one that holds what the policy adds.
    /// </summary>
    public string? Instructions { get; init; }

    /// <summary>What one session may spend.</summary>
    public SessionBudget Budget { get; init; } = SessionBudget.None;

    /// <summary>Tells the time.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}
