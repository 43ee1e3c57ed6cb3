namespace MultiTurnTrainer.Context.Cleaning;

/// <summary>What happens to user turns that follow one another once the replies between them are removed.</summary>
public enum ConsecutiveUsers
{
    /// <summary>They stay separate messages.</summary>
    Keep,

    /// <summary>They become one message, a blank line between them: for templates that demand alternation.</summary>
    Merge,
}
