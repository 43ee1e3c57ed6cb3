namespace MultiTurnTrainer.Conversations;

/// <summary>Who speaks, in the canonical form.</summary>
public enum Role
{
    /// <summary>A role that no table knows; <see cref="Message.RoleName"/> has its text.</summary>
    Unknown,

    /// <summary>Instructions for the whole conversation.</summary>
    System,

    /// <summary>Instructions by the application, where a model tells them from the system's.</summary>
    Developer,

    /// <summary>The person.</summary>
    User,

    /// <summary>The model.</summary>
    Assistant,

    /// <summary>The result of a tool.</summary>
    Tool,
}
