namespace MultiTurnTrainer.Datasets.Views;

/// <summary>One token as people see it.</summary>
/// <param name="Id">The token's id.</param>
/// <param name="Text">The characters it stands for; empty for a later token of the same character.</param>
/// <param name="Weight">Its weight in the loss; 0 when it is not supervised.</param>
/// <param name="Origin">Where its first character came from, such as <c>messages[1].content</c>; null when unknown.</param>
/// <param name="Group">What its colour says: a role's name, <c>literal</c>, <c>variable</c>, <c>computed</c>, <c>tools</c>.</param>
/// <param name="Field">The field of the message, such as <c>content</c>; <c>-</c> outside messages.</param>
/// <param name="Line">The template line that printed it, from 1; 0 when unknown.</param>
public sealed record TokenView(int Id, string Text, float Weight, string? Origin, string Group, string Field, int Line)
{
    /// <summary>Whether the token is supervised.</summary>
    public bool Supervised => Weight > 0;
}

/// <summary>One row as people see it.</summary>
/// <param name="Title">Its place in the input, and its id where it has one.</param>
/// <param name="Tokens">Its tokens, in order.</param>
/// <param name="Findings">What is wrong with it, one line each.</param>
public sealed record RowView(string Title, IReadOnlyList<TokenView> Tokens, IReadOnlyList<string> Findings)
{
    /// <summary>How many tokens of each message are supervised, by its place in the source; empty for stored rows.</summary>
    public IReadOnlyList<(int Message, string Role, int Tokens, int Supervised)> Messages { get; init; } = [];

    /// <summary>Whether it must not be trained on as it is, or lost supervised tokens.</summary>
    public bool Fails { get; init; }
}
