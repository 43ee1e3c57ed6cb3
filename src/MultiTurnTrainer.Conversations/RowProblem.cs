namespace MultiTurnTrainer.Conversations;

/// <summary>A weight or a template variable that has no meaning.</summary>
/// <param name="Token">The token of the canonical row to blame.</param>
/// <param name="Text">What is wrong, as a clause.</param>
/// <param name="Hint">What to do.</param>
/// <param name="IsVariable">Whether it is a template variable.</param>
internal sealed record RowProblem(int Token, string Text, string Hint, bool IsVariable = false);
