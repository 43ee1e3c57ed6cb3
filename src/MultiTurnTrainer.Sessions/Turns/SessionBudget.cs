using MultiTurnTrainer.Sessions.Events;
using MultiTurnTrainer.Sessions.States;

namespace MultiTurnTrainer.Sessions.Turns;

/// <summary>What a model costs per million tokens.</summary>
/// <param name="Input">Per million prompt tokens.</param>
/// <param name="Output">Per million tokens of answers.</param>
public sealed record TokenPrice(double Input, double Output);

/// <summary>What one session may spend. Ceilings count anew from an escalation.</summary>
public sealed record SessionBudget
{
    /// <summary>No ceilings.</summary>
    public static SessionBudget None { get; } = new();

    /// <summary>The most calls.</summary>
    public long? Requests { get; init; }

    /// <summary>The most tokens, prompts and answers together.</summary>
    public long? Tokens { get; init; }

    /// <summary>The most money, in the currency of <see cref="Prices"/>.</summary>
    public double? Money { get; init; }

    /// <summary>The model that goes on at the first ceiling; null stops there.</summary>
    public string? EscalateTo { get; init; }

    /// <summary>Prices by model.</summary>
    public IReadOnlyDictionary<string, TokenPrice> Prices { get; init; } = new Dictionary<string, TokenPrice>();

    /// <summary>What a call cost; null where its model has no price.</summary>
    public double? Price(CommitInfo info) =>
        info.Model is { } model && Prices.TryGetValue(model, out TokenPrice? price)
            ? ((info.PromptTokens * price.Input) + (info.CompletionTokens * price.Output)) / 1e6
            : null;

    /// <summary>The ceiling that a session has reached, or null.</summary>
    public BudgetTripped? Check(SessionState state)
    {
        SessionTotals spent = state.SinceEscalation;
        string? next = state.EscalatedTo is null ? EscalateTo : null;
        return spent.Requests >= Requests ? new("requests", spent.Requests, Requests.Value, next)
            : spent.Tokens >= Tokens ? new("tokens", spent.Tokens, Tokens.Value, next)
            : spent.Money >= Money ? new("money", spent.Money, Money.Value, next)
            : null;
    }

    /// <summary>
    /// How long an answer may become so that the ceiling of tokens holds, by the prompt as it was counted.
    /// </summary>
    /// <param name="state">The session, its turn begun.</param>
    /// <param name="promptTokens">The tokens of the assembled prompt.</param>
    /// <returns>Tokens; null for no ceiling, 0 where not even the prompt has room.</returns>
    public long? AnswerTokens(SessionState state, long promptTokens) =>
        Tokens is { } most ? Math.Max(0, most - state.SinceEscalation.Tokens - promptTokens) : null;
}
