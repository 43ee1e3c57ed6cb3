namespace MultiTurnTrainer.Tokenizers.PreTokenizers;

/// <summary>What becomes of the matches when a text is split by a pattern.</summary>
internal enum SplitBehavior
{
    /// <summary>They vanish.</summary>
    Removed,

    /// <summary>Each is a piece.</summary>
    Isolated,

    /// <summary>Each joins the gap before it.</summary>
    MergedWithPrevious,

    /// <summary>Each joins the gap behind it.</summary>
    MergedWithNext,

    /// <summary>Neighbouring ones are one piece.</summary>
    Contiguous,
}
