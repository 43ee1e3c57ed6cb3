namespace MultiTurnTrainer.Datasets.Rollouts;

/// <summary>One message of a prompt that is put together for generation or scoring.</summary>
/// <param name="Role"><c>system</c>, <c>user</c> or <c>assistant</c>.</param>
/// <param name="Content">Its text.</param>
public sealed record RolloutTurn(string Role, string Content);
