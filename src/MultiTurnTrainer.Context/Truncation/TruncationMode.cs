namespace MultiTurnTrainer.Context.Truncation;

/// <summary>What happens to a conversation that is longer than the limit.</summary>
public enum TruncationMode
{
    /// <summary>Whole turns go, the oldest first; system messages stay.</summary>
    Turns,

    /// <summary>The conversation is left out and counted.</summary>
    Drop,

    /// <summary>The run stops.</summary>
    Error,
}
