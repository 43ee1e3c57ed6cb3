namespace MultiTurnTrainer.Datasets.Rows;

/// <summary>Why a conversation, or one of its answers, gives no row or a smaller one.</summary>
/// <param name="Code">A short name that stays, such as <c>no-stop</c>.</param>
/// <param name="Place"><c>FILE:LINE</c>.</param>
/// <param name="Message">The message's index, or −1 for the whole conversation.</param>
/// <param name="Text">What is wrong, for people.</param>
public sealed record RowFinding(string Code, string Place, int Message, string Text)
{
    /// <summary>Supervised tokens that the refusal costs; 0 where the row was never tokenized.</summary>
    public int LostTokens { get; init; }

    /// <summary>The place with the message's path.</summary>
    public string Where => Message < 0 ? Place : $"{Place}: messages[{Message}]";

    /// <inheritdoc/>
    public override string ToString() => $"{Where}: {Text} [{Code}]";
}
