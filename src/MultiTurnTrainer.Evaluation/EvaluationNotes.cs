using MultiTurnTrainer.Inference.Calls;

namespace MultiTurnTrainer.Evaluation;

/// <summary>What a reader of a table must know beside its numbers.</summary>
/// <param name="Name">What was evaluated, for comparisons.</param>
/// <param name="User">Who played the user: <c>script</c>, or a model.</param>
/// <param name="Verifier">What took the answers out of the replies: <c>rules</c>, or a model.</param>
public sealed record EvaluationNotes(string Name, string User = "script", string Verifier = "rules")
{
    /// <summary>The context policy's fingerprint; null for none.</summary>
    public string? Policy { get; init; }

    /// <summary>Tasks that cannot be scored, with the reason.</summary>
    public IReadOnlyList<string> LeftOut { get; init; } = [];

    /// <summary>Dialogues that a role gave no reply for, with the reason.</summary>
    public IReadOnlyList<string> Failed { get; init; } = [];

    /// <summary>Dialogues that a limit kept from ending.</summary>
    public int Incomplete { get; init; }

    /// <summary>What was spent; null for a local model.</summary>
    public Spending? Spent { get; init; }
}
