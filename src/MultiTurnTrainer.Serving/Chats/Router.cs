using MultiTurnTrainer.Serving.Contexts;
using MultiTurnTrainer.Serving.Settings;

namespace MultiTurnTrainer.Serving.Chats;

/// <summary>Which model answers: the first rule that holds, else the one the client named.</summary>
/// <param name="rules">The rules, in order.</param>
internal sealed class Router(IReadOnlyList<RoutingRule> rules)
{
    /// <summary>The model's name; null for the standard one.</summary>
    public string? Choose(ChatBody request, AssembledContext? context) =>
        rules.FirstOrDefault(rule => Holds(rule, request, context))?.Model ?? request.Model;

    private static bool Holds(RoutingRule rule, ChatBody request, AssembledContext? context) =>
        (rule.AboveTokens is not { } tokens || context?.Plan.Parts.Prompt > tokens)
        && (rule.Tools is not { } tools || tools == request.Tools is { Count: > 0 })
        && (rule.From is not { } from || from == request.Model)
        && rule.Metadata.All(pair => request.Metadata?.Get(pair.Key) is string text && text == pair.Value);
}
