namespace MultiTurnTrainer.Context.Truncation;

/// <summary>
/// What stays or goes together: a user's messages and everything up to the next user's, so that calls keep their results
/// and answers their questions.
/// </summary>
/// <param name="Messages">Indexes of its messages, in order; system and developer messages belong to no turn.</param>
/// <param name="Tokens">Tokens of those messages.</param>
public sealed record Turn(IReadOnlyList<int> Messages, int Tokens);
