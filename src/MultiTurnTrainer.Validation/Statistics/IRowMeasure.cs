namespace MultiTurnTrainer.Validation.Statistics;

/// <summary>Counts the tokens of the training row that a conversation becomes.</summary>
public interface IRowMeasure
{
    /// <summary>The counts; null when the template refuses the conversation.</summary>
    MeasuredRow? Measure(Conversation conversation);
}

/// <summary>The tokens of a training row.</summary>
/// <param name="Tokens">All of them.</param>
/// <param name="MessageTokens">Those printed for each message, with its header and its stop token.</param>
/// <param name="MessageSupervised">The supervised ones among them.</param>
/// <param name="Fields">
/// All tokens and the supervised ones by where they come from: <c>assistant.content</c>, <c>tools</c>, <c>assistant.template</c> for what
/// the template writes around an answer, <c>template</c> for what stands outside messages.
/// </param>
/// <param name="Truncated">Tokens after truncation to the limit; null when nothing fits, or there is no limit.</param>
public sealed record MeasuredRow(
    int Tokens,
    IReadOnlyList<int> MessageTokens,
    IReadOnlyList<int> MessageSupervised,
    IReadOnlyDictionary<string, (long All, long Supervised)> Fields,
    int? Truncated
);
