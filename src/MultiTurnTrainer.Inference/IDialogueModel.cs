// Folder Inference: whatever runs a model, in a folder or behind an endpoint.
// Refuses to know: why it is asked.

namespace MultiTurnTrainer.Inference;

/// <summary>Whatever answers: a local model with or without an adapter, or an endpoint.</summary>
public interface IDialogueModel
{
    /// <summary>Whether two user turns may follow one another in a dialogue.</summary>
    bool TakesConsecutiveUsers { get; }

    /// <summary>One reply for each dialogue, in order. Every dialogue ends with a user turn.</summary>
    /// <param name="dialogues">The dialogues so far, each once.</param>
    /// <param name="seed">Makes sampling reproducible; a different one gives an independent draw.</param>
    /// <param name="cancellation">Stops between batches.</param>
    Task<IReadOnlyList<DialogueReply>> ReplyAsync(
        IReadOnlyList<OpenDialogue> dialogues,
        int seed,
        CancellationToken cancellation
    );
}

/// <summary>A dialogue that waits for a reply.</summary>
/// <param name="Id">Names it from turn to turn.</param>
/// <param name="Turns">The turns so far, as the model sees them.</param>
public sealed record OpenDialogue(string Id, IReadOnlyList<ChatTurn> Turns);

/// <summary>What a model said.</summary>
/// <param name="Text">The words.</param>
/// <param name="Tokens">How many tokens it took.</param>
public sealed record DialogueReply(string Text, int Tokens)
{
    /// <summary>Tokens of what it read.</summary>
    public int PromptTokens { get; init; }

    /// <summary>Whether it was cut at the most tokens of a reply.</summary>
    public bool IsCut { get; init; }
}
