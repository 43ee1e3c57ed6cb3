namespace MultiTurnTrainer.Evaluation.Simulation;

/// <summary>How a task is put to the model ("Lost in Conversation", section 3; RLSTA for the corrections; CCOPD 4.3 for the hints).</summary>
public enum SimulationMode
{
    /// <summary>The whole instruction in one prompt.</summary>
    Full,

    /// <summary>All shards as bullets in one prompt.</summary>
    Concat,

    /// <summary>One shard a turn, in the stored order.</summary>
    Sharded,

    /// <summary>A sharded dialogue and one more turn that repeats all shards.</summary>
    Recap,

    /// <summary>One shard a turn, each turn repeating all earlier ones.</summary>
    Snowball,

    /// <summary>
    /// One shard a turn, and before each reply the model's own earlier replies are taken out: what is still wrong then is not its own
    /// doing (the reference context of MAIGO, section 3.1, at inference).
    /// </summary>
    Cleaned,

    /// <summary>One shard a turn with turns of small talk between them.</summary>
    Padded,

    /// <summary>
    /// MT-Refine: the first turn holds the intent and all values, some of them wrong; each later turn corrects one and
    /// asks for the final answer.
    /// </summary>
    Refine,

    /// <summary>The whole instruction, then an assistant turn that claims a wrong result, then a request for the final answer.</summary>
    WrongHintAssistant,

    /// <summary>The whole instruction with a "verified" wrong value inside the user's message.</summary>
    WrongHintUser,

    /// <summary>The whole instruction, a wrong reply put into the model's mouth, and a user who names the right answer.</summary>
    ContradictedRightly,

    /// <summary>The whole instruction, the model's own reply, and a user who rejects it and names a wrong answer.</summary>
    ContradictedWrongly,
}
