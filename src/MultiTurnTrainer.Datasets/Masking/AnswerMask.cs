namespace MultiTurnTrainer.Datasets.Masking;

/// <summary>What the mask rule says of one message. Positions are UTF-16 indexes into the rendered text.</summary>
/// <param name="Message">The message's index in what was rendered.</param>
/// <param name="Start">The prompt boundary: what stands before it is the prompt, as a server would send it.</param>
/// <param name="End">Where the answer ends, its stop token included.</param>
/// <param name="Ranges">The supervised characters, in order; they hold nothing of another message.</param>
/// <param name="Stop">The stop token; empty when there is none.</param>
public sealed record AnswerMask(
    int Message,
    int Start,
    int End,
    IReadOnlyList<(int Start, int End)> Ranges,
    (int Start, int End) Stop
)
{
    /// <summary>Whether the message ends with a stop token, as answers must.</summary>
    public bool HasStop => Stop.End > Stop.Start;

    /// <summary>
    /// Whether it learns words that the template prints behind the conversation, because its stop token stands behind
    /// them: the instructions of a guard model, for example.
    /// </summary>
    public bool SupervisesTail { get; init; }
}

/// <summary>Why a message cannot be supervised.</summary>
/// <param name="Message">The message's index in what was rendered.</param>
/// <param name="Code"><c>no-text</c> or <c>no-stop</c>.</param>
/// <param name="Reason">What is wrong, in one sentence.</param>
public sealed record MaskRefusal(int Message, string Code, string Reason);
